# shellcheck shell=bash
# On request: k3s's settings for a file system of its own that is small. k3s evicts at 5 % and drops the signals for inodes, of
# which a small image has few; its images may fill 85 % before it collects any.

settings() {
    cat <<'YAML'
kubelet-arg+:
  - image-gc-high-threshold=75
  - image-gc-low-threshold=60
  - eviction-hard=imagefs.available<10%,nodefs.available<10%,imagefs.inodesFree<5%,nodefs.inodesFree<5%
  - container-log-max-size=10Mi
  - container-log-max-files=3
YAML
}

# Sets `changed` to yes or no: k3s reads it at its start only.
write_settings() {
    local file=$K3S_CONFIG/config.yaml.d/90-pi-volume.yaml
    changed=no
    if [[ $SETTINGS == fit ]]; then
        write_lines "$file" "$(settings)"
    elif [[ -e $file ]]; then
        rm "$file"
        sync -f "$K3S_CONFIG"
        changed=yes
    fi
}
