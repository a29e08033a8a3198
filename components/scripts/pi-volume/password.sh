# shellcheck shell=bash
# The node's password. k3s makes one on the card at its first start, and its server remembers a hash: a Pi with a new card and
# another password is rejected for ever (docs.k3s.io/architecture, pkg/nodepassword/validate.go). So the image keeps a copy.

keep_password() {
    local text
    [[ -s $PASSWORD && $(mounted) == image ]] || return 0
    # Until k3s is well it is not known whether the server takes the one of a new card.
    text=$(cat "$PASSWORD"; printf x)
    umask 077
    write_file "$KEPT_PASSWORD" "${text%x}" 600
    umask 022
}

# Before k3s starts on an image that this card did not make.
put_password_back() {
    local text
    [[ -s $KEPT_PASSWORD ]] || return 0
    text=$(cat "$KEPT_PASSWORD"; printf x)
    umask 077
    write_file "$PASSWORD" "${text%x}" 600
    umask 022
    [[ $changed == no ]] || say "put this node's password back, as its server knows it"
}
