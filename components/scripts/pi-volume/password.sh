# shellcheck shell=bash
# The node's password. k3s makes one on the card at its first start, and its server remembers a hash: a Pi with a new card and
# another password is rejected for ever (docs.k3s.io/architecture, pkg/nodepassword/validate.go). So the image keeps a copy.

# Only when k3s is well: until then it is not known whether the server takes the one of a new card.
keep_password() {
    local text
    [[ -s $PASSWORD && $(mounted) == image ]] || return 0
    if (($(free_bytes "$TARGET") < MIB)); then
        say "the image is full, so this node's password is not kept in it"
        return
    fi
    text=$(cat "$PASSWORD"; printf x)
    umask 077
    write_file "$KEPT_PASSWORD" "${text%x}" 600
    umask 022
}

# Before k3s starts on an image that this card did not make; also when an adoption was cut before it.
put_password_back() {
    local text
    [[ -e $PASSWORD_DUE && $(mounted) == image ]] || return 0
    if [[ -s $KEPT_PASSWORD ]]; then
        text=$(cat "$KEPT_PASSWORD"; printf x)
        umask 077
        write_file "$PASSWORD" "${text%x}" 600
        umask 022
        [[ $changed == no ]] || say "put this node's password back, as its server knows it"
    fi
    rm "$PASSWORD_DUE"
}
