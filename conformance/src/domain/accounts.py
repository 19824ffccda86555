# accounts.py PASSWORD: makes the accounts of the domain, on the controller, before its services start.
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
import ldb

password = sys.argv[1]
settings = LoadParm()
settings.load_default()
directory = SamDB(session_info=system_session(), lp=settings)
base = str(directory.domain_dn())


def modify(dn, **values):
    message = ldb.Message(ldb.Dn(directory, dn))
    for name, value in values.items():
        message[name] = ldb.MessageElement(value, ldb.FLAG_MOD_REPLACE, name)
    directory.modify(message)


# A wrong password counts only where a lockout is configured. No password ever expires.
modify(base, lockoutThreshold="50", maxPwdAge="-9223372036854775808", minPwdAge="0")

for name in ["alice", "bob", "dave", "adm1", "op1", "guarded", "retired", "leaver", "novice", "carol", "svc-files"]:
    directory.newuser(name, password)


def account(name):
    return "CN=%s,CN=Users,%s" % (name, base)


for group, names in {
    "Domain Admins": ["adm1", "guarded", "carol"],
    "Administrators": ["op1"],
    "Protected Users": ["guarded"],
}.items():
    directory.add_remove_group_members(group, names, add_members_operation=True)

modify(account("retired"), userAccountControl="514")
modify(account("leaver"), accountExpires="132223104000000000")
modify(account("novice"), pwdLastSet="0")
modify("CN=Partitions,CN=Configuration,%s" % base, uPNSuffixes="corp.example")
modify(account("carol"), userPrincipalName="carol.jones@corp.example")
# The service of an embedded server on the client's computer.
modify(account("svc-files"), servicePrincipalName="cifs/client.lab.test")
