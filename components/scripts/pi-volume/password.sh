# shellcheck shell=bash
# The node's password. k3s makes one on the card at its first start, and its server remembers a hash: a Pi with a new card and
# another password is rejected for ever (docs.k3s.io/architecture, pkg/nodepassword/validate.go). So the image keeps a copy. Of the
# node's id too, which k3s makes beside it: with another one the node has another name, and its local volumes are the old one's.

# Only when k3s is well: until then it is not known whether the server takes the one of a new card.
keep_password() {
    [[ -s $PASSWORD && $(mounted) == image ]] || return 0
    if (($(free_bytes "$TARGET") < MIB)); then
        say "the image is full, so this node's password is not kept in it"
        return
    fi
    copy_secret "$PASSWORD" "$KEPT_PASSWORD"
    copy_secret "$NODE_ID" "$KEPT_NODE_ID"
}

# Before k3s starts on an image that this card did not make; also when an adoption was cut before it.
put_password_back() {
    [[ -e $PASSWORD_DUE && $(mounted) == image ]] || return 0
    copy_secret "$KEPT_PASSWORD" "$PASSWORD"
    [[ $changed == no ]] || say "put this node's password back, as its server knows it"
    copy_secret "$KEPT_NODE_ID" "$NODE_ID"
    [[ $changed == no ]] || say "put this node's id back, which its name may end with"
    rm "$PASSWORD_DUE"
}

# Arguments: a file, which may be missing or empty, and its copy. Sets `changed` to yes or no.
copy_secret() {
    local text
    changed=no
    [[ -s $1 ]] || return 0
    text=$(cat "$1"; printf x)
    umask 077
    write_file "$2" "${text%x}" 600
    umask 022
}
