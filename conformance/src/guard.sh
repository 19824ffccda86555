# guard FOLDER: waits for the end of standard input, which is the end of the test, then ends every process that was
# started for FOLDER and removes it. Samba's helpers outlive smbd and leave its process group; those that rename
# themselves still carry the folder in their environment.
folder=$1
trap '' HUP INT TERM
cat >/dev/null
left() {
    # The folder is read from a file so that grep does not find itself.
    printf '%s' "$folder/" | grep -lF -f - /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null |
        cut -d/ -f3 | sort -u
}
signal=TERM
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    processes=$(left)
    [ -n "$processes" ] || break
    [ "$try" -lt 10 ] || signal=KILL
    kill -s "$signal" $processes 2>/dev/null
    sleep 0.1
done
rm -rf "$folder"
