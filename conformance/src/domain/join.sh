# join.sh PASSWORD: makes the member server a member of the domain.
mv /etc/samba/domain.conf /etc/samba/smb.conf
# The controller's directory refuses at first, for a moment after its start.
tries=0
until printf '%s\n' "$1" | net ads join -U Administrator; do
    tries=$((tries + 1))
    [ $tries -lt 60 ]
    sleep 0.3
done
# smbd needs each user of the domain as a user of the system. This machine's files are its own, so it needs no NSS module.
winbindd --daemon
tries=0
until wbinfo --ping-dc; do
    tries=$((tries + 1))
    [ $tries -lt 100 ]
    sleep 0.2
done
wbinfo --group-info='LAB\domain users' >>/etc/group
wbinfo --group-info='LAB\domain computers' >>/etc/group
for user in alice bob dave adm1 op1 guarded carol svc-files Administrator 'DC1$' 'FS1$'; do
    wbinfo --user-info="LAB\\$user" >>/etc/passwd
done
