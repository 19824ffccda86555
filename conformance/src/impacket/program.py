# Runs a program of impacket, which knows port 445 only, against another port: the program, and its arguments after the login.
import os
import runpy
import socket
import sys

from impacket.dcerpc.v5 import transport

port = int(os.environ["PORT"])
start = transport.SMBTransport.__init__
start.__defaults__ = (port,) + start.__defaults__[1:]
connect = socket.create_connection
socket.create_connection = lambda address, *more: connect((address[0], port), *more)
program, user, *arguments = sys.argv[1:]
sys.argv = [program, user + ":" + os.environ["SECRET"], *arguments]
runpy.run_path(program, run_name="__main__")
