#!/bin/busybox sh
# The first process of the machine: it executes the lines that arrive on the second serial port, and writes `@STATUS` after each.
/bin/busybox mkdir -p /bin /sbin /proc /sys /dev /tmp
/bin/busybox --install -s /bin
ln -s /bin/busybox /sbin/modprobe
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp
modprobe -a virtio_pci virtio_net cifs
ifconfig lo 127.0.0.1 up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up
stty -F /dev/ttyS1 raw -echo
exec </dev/ttyS1 >/dev/ttyS1 2>&1
echo @ready
while read -r line; do
    (eval "$line")
    echo "@$?"
done
poweroff -f
