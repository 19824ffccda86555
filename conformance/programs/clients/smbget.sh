# smbget, which reads only: smbclient copies the file to the server. huge.bin is too large to end by itself.
printf 'user alice%%%s\n' "$SECRET" >rc
get() { smbget --rcfile=rc --quiet --stdout "smb://$SERVER:$PORT/data/$1"; }
PASSWD=$SECRET smbclient --configfile=/dev/null -p "$PORT" -U alice "//$SERVER/data" -c 'put local.bin copied.bin; ls' || exit 1
get copied.bin >back.bin || exit 1
get huge.bin >/dev/null &
echo ready
read -r _
wait $! && exit 1
get copied.bin | cmp - local.bin || exit 1
echo back
