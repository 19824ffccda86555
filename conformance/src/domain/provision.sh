# provision.sh PASSWORD ACCOUNTS: makes the domain and its accounts on its controller, which is not running.
samba-tool domain provision --realm=LAB.TEST --domain=LAB --server-role=dc --dns-backend=SAMBA_INTERNAL \
    --adminpass="$1" --host-name=dc1 --host-ip=10.77.1.10
mv /etc/samba/domain.conf /etc/samba/smb.conf
printf '%s' "$2" | python3 - "$1"
