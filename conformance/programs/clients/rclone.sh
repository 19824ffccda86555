# rclone, which also asks for the size of the disk. After its session was ended in the middle of a copy, it copies the file again by
# itself.
export RCLONE_CONFIG=/dev/null RCLONE_SMB_HOST=$SERVER RCLONE_SMB_PORT=$PORT RCLONE_SMB_USER=alice
RCLONE_SMB_PASS=$(echo "$SECRET" | rclone obscure -)
export RCLONE_SMB_PASS
rclone copyto local.bin :smb:data/copied.bin && rclone copyto :smb:data/copied.bin back.bin && rclone lsf :smb:data || exit 1
total=$(rclone about --json :smb:data | sed -n 's/.*"total": *\([0-9]*\).*/\1/p')
[ "$total" = "$(($(stat -f -c '%b * %S' .)))" ] || { echo "the disk has $total bytes" >&2; exit 1; }
rclone copyto --bwlimit 400k --retries-sleep 100ms local.bin :smb:data/again.bin &
echo ready
read -r _
wait $! && rclone copyto :smb:data/again.bin again.bin && cmp local.bin again.bin || exit 1
echo back
