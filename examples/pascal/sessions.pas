{ Lists the sessions of a file server, and ends those of a client or a user. Free Pascal or Delphi.

      fpc sessions.pas
      ./sessions [\\server] [\\client] [user]

  A missing argument is nil, and so is "-" for the client. An empty argument is refused. }
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

{ An argument, which Text keeps; nil for a missing one }
function Argument(I: Integer; out Text: UnicodeString): PWideChar;
begin
  Text := UTF8Decode(ParamStr(I));
  if (I <= ParamCount) and (Text = '') then
  begin
    WriteLn(StdErr, 'argument ', I, ' is empty');
    Halt(2);
  end;
  if (I > ParamCount) or ((I = 2) and (Text = '-')) then
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
  Texts: array[1..3] of UnicodeString;
  Server, Client, User: PWideChar;
begin
  Server := Argument(1, Texts[1]);
  Client := Argument(2, Texts[2]);
  User := Argument(3, Texts[3]);
  List(Server, Client, User);
  if (Client <> nil) or (User <> nil) then
  begin
    Check('NetSessionDel', NetSessionDel(Server, Client, User));
    WriteLn('ended');
  end;
end.
