{ Lists the sessions of a file server, and ends those of a client or a user. Free Pascal or Delphi.

      fpc sessions.pas
      ./sessions [\\server] [\\client] [user] }
program sessions;

{$mode delphi}
{$apptype console}

{$ifndef windows}
uses
  cwstring;
{$endif}

const
  Netapi32 = 'netapi32.dll';
  ERROR_MORE_DATA = 234;

type
  PSessionInfo10 = ^TSessionInfo10;
  TSessionInfo10 = record
    cname: PWideChar;
    username: PWideChar;
    time: Cardinal;
    idle_time: Cardinal;
  end;

function NetSessionEnum(servername, UncClientName, username: PWideChar; level: Cardinal; out bufptr: Pointer;
  prefmaxlen: Cardinal; out entriesread, totalentries: Cardinal; var resume_handle: Cardinal): Cardinal; stdcall;
  external Netapi32;
function NetSessionDel(servername, UncClientName, username: PWideChar): Cardinal; stdcall; external Netapi32;
function NetApiBufferFree(Buffer: Pointer): Cardinal; stdcall; external Netapi32;

procedure Check(const Name: string; Status: Cardinal);
begin
  if (Status <> 0) and (Status <> ERROR_MORE_DATA) then
  begin
    WriteLn(StdErr, Name, ': error ', Status);
    Halt(1);
  end;
end;

{ NULL for an empty text }
function Wide(const Text: UnicodeString): PWideChar;
begin
  if Text = '' then
    Result := nil
  else
    Result := PWideChar(Text);
end;

procedure List(Server, Client, User: PWideChar);
var
  Buffer: Pointer;
  Session: PSessionInfo10;
  Status, Count, Total, Resume, I: Cardinal;
begin
  Resume := 0;
  repeat
    { So little that a server with many sessions sends several pages. }
    Status := NetSessionEnum(Server, Client, User, 10, Buffer, 256, Count, Total, Resume);
    Check('NetSessionEnum', Status);
    Session := Buffer;
    I := 0;
    while I < Count do
    begin
      WriteLn(UnicodeString(Session^.cname), #9, UnicodeString(Session^.username), #9, Session^.time, ' s');
      Inc(Session);
      Inc(I);
    end;
    Check('NetApiBufferFree', NetApiBufferFree(Buffer));
  until Status <> ERROR_MORE_DATA;
end;

var
  Server, Client, User: UnicodeString;
begin
  Server := UTF8Decode(ParamStr(1));
  Client := UTF8Decode(ParamStr(2));
  User := UTF8Decode(ParamStr(3));
  List(Wide(Server), Wide(Client), Wide(User));
  if (Client <> '') or (User <> '') then
  begin
    Check('NetSessionDel', NetSessionDel(Wide(Server), Wide(Client), Wide(User)));
    WriteLn('ended');
  end;
end.
