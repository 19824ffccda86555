# Runs pytest on files of impacket's suite, which knows port 445 only, against another port.
import os
import sys

import pytest
from impacket.dcerpc.v5 import transport

start = transport.SMBTransport.__init__
start.__defaults__ = (int(os.environ["PORT"]),) + start.__defaults__[1:]
sys.exit(pytest.main(["-q", "-rA", "--tb=line", "-p", "no:cacheprovider", *sys.argv[1:]]))
