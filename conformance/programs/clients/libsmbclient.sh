# Samba's library libsmbclient, as file managers and media players use it.
cc -Wall -Wextra -Werror -I/usr/include/samba-4.0 -o client "$CLIENTS/libsmbclient.c" -lsmbclient && exec ./client
