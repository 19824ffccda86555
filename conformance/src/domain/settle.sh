# settle.sh PASSWORD: what takes a running controller: an alias of the member, and the right to close files, which administrators
# of the controller lack at first.
export PASSWD="$1"
samba-tool dns add 127.0.0.1 lab.test files CNAME fs1.lab.test --username=Administrator
net rpc rights grant 'LAB\Domain Admins' SeDiskOperatorPrivilege --server=127.0.0.1 --user=Administrator
