//! `--service`: the command as a service of Windows, which the service control manager starts and stops.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use windows_service::service::{
    ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType,
};
use windows_service::service_control_handler::{ServiceControlHandlerResult, ServiceStatusHandle, register};
use windows_service::service_dispatcher;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::interrupt;

/// A service with a process of its own can have any name.
const NAME: &str = "netsession";
/// How long the service control manager waits for a start or a stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command that the service runs, until it starts.
static COMMAND: Mutex<Option<Cli>> = Mutex::new(None);
/// Where to report the state of the service; empty in a program at a console.
static STATUS: OnceLock<ServiceStatusHandle> = OnceLock::new();

/// Runs the command as a service, until the service stops.
///
/// # Errors
/// The service control manager has not started this process.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    *COMMAND.lock().unwrap_or_else(PoisonError::into_inner) = Some(cli);
    match service_dispatcher::start(NAME, service) {
        Ok(()) => Ok(Exit::Done),
        Err(error) => Err(Failure::usage(format!("this process is no service of Windows: {error}"))
            .hint("leave --service out; the service control manager starts a service: sc start netsession")),
    }
}

/// Starts the command, in a thread of the service control manager. The arguments are those of `sc start`, which mean nothing here.
extern "system" fn service(_: u32, _: *mut *mut u16) {
    let Some(cli) = COMMAND.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let Ok(status) = register(NAME, control) else { return };
    STATUS.get_or_init(|| status);
    interrupt::run_in_service();
    report(ServiceState::StartPending, None);
    let exit = crate::finish(&cli);
    report(ServiceState::Stopped, Some(exit));
}

fn control(control: ServiceControl) -> ServiceControlHandlerResult {
    match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            interrupt::stop();
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    }
}

/// Takes a message to systemd, and reports the same to the service control manager.
pub(crate) fn notified(message: &str) {
    match message {
        "READY=1" => report(ServiceState::Running, None),
        "STOPPING=1" => report(ServiceState::StopPending, None),
        _ => {}
    }
}

/// Reports the state, and at the end the exit status of the command.
fn report(state: ServiceState, exit: Option<Exit>) {
    let Some(status) = STATUS.get() else { return };
    let is_running = state == ServiceState::Running;
    let is_pending = matches!(state, ServiceState::StartPending | ServiceState::StopPending);
    let accepted = ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN;
    let reported = status.set_service_status(ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        // Before that, nobody listens for an interrupt.
        controls_accepted: if is_running { accepted } else { ServiceControlAccept::empty() },
        exit_code: match exit {
            None | Some(Exit::Done) => ServiceExitCode::NO_ERROR,
            Some(exit) => ServiceExitCode::ServiceSpecific(exit as u32),
        },
        checkpoint: u32::from(is_pending),
        wait_hint: if is_pending { PATIENCE } else { Duration::ZERO },
        process_id: None,
    });
    if let Err(error) = reported {
        tracing::warn!(%error, "reporting the state of the service");
    }
}
