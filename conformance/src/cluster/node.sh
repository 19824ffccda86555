# node.sh SHARED ADDRESS...: makes a node of the cluster from a machine, and starts its ctdbd. SHARED is a folder of the host,
# which stands in for a cluster file system. The addresses are those of all nodes.
shared=$1
shift
rm -rf /etc/ctdb/nodes /etc/ctdb/public_addresses /etc/samba/smb.conf /var/lib/ctdb
mkdir -p /run/ctdb /etc/ctdb /etc/samba /var/log/ctdb /var/lib/ctdb/volatile /var/lib/ctdb/persistent /var/lib/ctdb/state
printf '%s\n' "$@" >/etc/ctdb/nodes
groupadd -f clusteradmins
groupadd -f clusterowners
for user in alice bob carol adm1; do
    id "$user" >/dev/null 2>&1 || useradd -M -s /usr/sbin/nologin "$user"
done
usermod -aG clusteradmins,clusterowners adm1
cat >/etc/ctdb/ctdb.conf <<END
[logging]
  location = file:/var/log/ctdb/log.ctdb
[cluster]
  cluster lock = $shared/cluster-lock
[legacy]
  realtime scheduling = false
END
cat >/etc/samba/smb.conf <<END
[global]
  clustering = yes
  netbios name = CLUSTER
  workgroup = LAB
  server role = standalone server
  passdb backend = tdbsam
  disable netbios = yes
  smb ports = 445
  load printers = no
  printing = bsd
  disable spoolss = yes
  log level = 1
[data]
  path = $shared/data
  read only = no
END
# Only tdb2 and text files are shared: ctdbd replaces Samba's databases.
ctdbd
