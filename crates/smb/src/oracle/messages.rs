use netsession_wire::NtStatus;

use super::rewrite;
use crate::msg::*;

/// Reads any message by the command, the direction and the status of its header, and writes it again.
pub fn rewrite_message(message: &[u8]) -> Option<Vec<u8>> {
    let header = Packet::split(message).next()?.ok()?.header;
    match header.is_response() {
        true => rewrite_response(header, message),
        false => rewrite_request(header.command, message),
    }
}

fn rewrite_request(command: Command, message: &[u8]) -> Option<Vec<u8>> {
    match command {
        Command::NEGOTIATE => rewrite::<NegotiateRequest>(message),
        Command::SESSION_SETUP => rewrite::<SessionSetupRequest>(message),
        Command::LOGOFF => rewrite::<LogoffRequest>(message),
        Command::TREE_CONNECT => rewrite::<TreeConnectRequest>(message),
        Command::TREE_DISCONNECT => rewrite::<TreeDisconnectRequest>(message),
        Command::CREATE => rewrite::<CreateRequest>(message),
        Command::CLOSE => rewrite::<CloseRequest>(message),
        Command::FLUSH => rewrite::<FlushRequest>(message),
        Command::READ => rewrite::<ReadRequest<'_>>(message),
        Command::WRITE => rewrite::<WriteRequest<'_>>(message),
        Command::LOCK => rewrite::<LockRequest>(message),
        Command::IOCTL => rewrite::<IoctlRequest<'_>>(message),
        Command::CANCEL => rewrite::<CancelRequest>(message),
        Command::ECHO => rewrite::<EchoRequest>(message),
        Command::QUERY_DIRECTORY => rewrite::<QueryDirectoryRequest>(message),
        Command::CHANGE_NOTIFY => rewrite::<ChangeNotifyRequest>(message),
        Command::QUERY_INFO => rewrite::<QueryInfoRequest<'_>>(message),
        Command::SET_INFO => rewrite::<SetInfoRequest<'_>>(message),
        Command::OPLOCK_BREAK => rewrite::<BreakAcknowledgment>(message),
        _ => None,
    }
}

/// A response with an error status may be an error response or, as with MORE_PROCESSING_REQUIRED and BUFFER_OVERFLOW,
/// the response of its command. Try the one that fits its StructureSize first.
fn rewrite_response(header: Header, message: &[u8]) -> Option<Vec<u8>> {
    let own = match header.command {
        Command::NEGOTIATE => rewrite::<NegotiateResponse>(message),
        Command::SESSION_SETUP => rewrite::<SessionSetupResponse>(message),
        Command::LOGOFF => rewrite::<LogoffResponse>(message),
        Command::TREE_CONNECT => rewrite::<TreeConnectResponse>(message),
        Command::TREE_DISCONNECT => rewrite::<TreeDisconnectResponse>(message),
        Command::CREATE => rewrite::<CreateResponse>(message),
        Command::CLOSE => rewrite::<CloseResponse>(message),
        Command::FLUSH => rewrite::<FlushResponse>(message),
        Command::READ => rewrite::<ReadResponse<'_>>(message),
        Command::WRITE => rewrite::<WriteResponse>(message),
        Command::LOCK => rewrite::<LockResponse>(message),
        Command::IOCTL => rewrite::<IoctlResponse<'_>>(message),
        Command::ECHO => rewrite::<EchoResponse>(message),
        Command::QUERY_DIRECTORY => rewrite::<QueryDirectoryResponse<'_>>(message),
        Command::CHANGE_NOTIFY => rewrite::<ChangeNotifyResponse<'_>>(message),
        Command::QUERY_INFO => rewrite::<QueryInfoResponse<'_>>(message),
        Command::SET_INFO => rewrite::<SetInfoResponse>(message),
        Command::OPLOCK_BREAK if header.message_id == MessageId::UNSOLICITED => {
            rewrite::<BreakNotification>(message)
        }
        Command::OPLOCK_BREAK => rewrite::<BreakAcknowledgment>(message),
        Command::SERVER_TO_CLIENT_NOTIFICATION => rewrite::<ServerNotification>(message),
        _ => None,
    };
    match header.status {
        NtStatus::SUCCESS | NtStatus::MORE_PROCESSING_REQUIRED | NtStatus::BUFFER_OVERFLOW => own,
        _ => rewrite::<ErrorResponse>(message).or(own),
    }
}
