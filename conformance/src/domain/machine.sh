# machine.sh NAME ADDRESS FOLDER: the first process of a machine. It prints its process id outside, prepares the machine,
# prints "ready", and collects orphans until its standard input ends. When it ends, the kernel ends every process of
# the machine and removes its network and its mounts.
#
# /etc, /var, /run and /dev/shm are the machine's own: memory, over the files of the host in /etc and /var.
set -e
PATH=$PATH:/usr/sbin:/sbin
name=$1 address=$2 memory=$3
read -r outside rest </proc/self/stat
mount -t proc proc /proc
hostname "$name"
ip link set lo up
mount -t tmpfs -o mode=755 memory "$memory"
for top in etc var; do
    mkdir "$memory/$top" "$memory/.$top"
    mount -t overlay -o "lowerdir=/$top,upperdir=$memory/$top,workdir=$memory/.$top" machine "/$top"
done
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 shm /dev/shm
mkdir -p /run/lock /run/samba /var/data
chmod 777 /var/data
printf '127.0.0.1 localhost\n%s %s.lab.test %s\n' "$address" "$name" "$name" >/etc/hosts
printf 'search lab.test\nnameserver 10.77.1.10\n' >/etc/resolv.conf
cat >/etc/krb5.conf <<END
[libdefaults]
  default_realm = LAB.TEST
  dns_lookup_realm = false
  dns_lookup_kdc = true
  rdns = false
  default_ccache_name = FILE:/run/no-ticket
  default_cc_name = FILE:/run/no-ticket
END
exec 3<&0
cat <&3 >/dev/null &
echo "$outside ready"
wait $!
