# Ends the sessions without a user, each with the names of its row: a script with the functions of examples/python/sessions.py, whose
# folder is the first argument. The second is the server.
import sys

sys.path.insert(0, sys.argv[1])
import sessions

try:
    for client, user, _ in list(sessions.sessions(sys.argv[2])):
        if not user:
            sessions.end(sys.argv[2], client, user)
except OSError as error:
    sys.exit(error.strerror)
