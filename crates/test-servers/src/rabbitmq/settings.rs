//! What a private broker is told at its start, by files in its folder and by its environment.
//! Nothing of a system-wide RabbitMQ's configuration may reach it.

use std::fs;
use std::process::Command;

use super::ports::Ports;
use crate::place::Place;

/// Few threads, and other Erlang nodes reach it over loopback only.
const ERLANG: &str = "+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}";

/// Writes the configuration anew, because the ports may be others than before.
pub(crate) fn write_files(place: &Place, ports: Ports) -> Result<(), String> {
    let config = format!(
        "management.tcp.ip = 127.0.0.1\n\
         management.tcp.port = {}\n\
         default_user = guest\n\
         default_pass = guest\n\
         # A developer's disk may be nearly full; the default would block publishers.\n\
         disk_free_limit.absolute = 50MB\n\
         # The default is a share of a memory that is not all ours.\n\
         vm_memory_high_watermark.absolute = 1GB\n\
         log.console.level = info\n",
        ports.management
    );
    let write = |name: &str, text: &str| {
        fs::write(place.path(name), text).map_err(|error| format!("{name}: {error}"))
    };
    write("rabbitmq.conf", &config)?;
    write("enabled_plugins", "[rabbitmq_management].\n")?;
    // In place of the system's own files of these names.
    write("advanced.config", "[].\n")?;
    write("rabbitmq-env.conf", "")
}

/// Sets what RabbitMQ and Erlang read before any file.
pub(crate) fn set_environment(command: &mut Command, place: &Place, ports: Ports) {
    command
        // The data is filed under the node's name, so it must not change in this folder. The own
        // epmd keeps equal names of several brokers apart.
        .env("RABBITMQ_NODENAME", "paygate@localhost")
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", ports.amqp.to_string())
        .env("RABBITMQ_DIST_PORT", ports.distribution.to_string())
        .env("ERL_EPMD_PORT", ports.epmd.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        // The broker looks after epmd once a minute, with an Erlang of its own. Caught by our end,
        // that one would start an epmd in the background, which nobody would stop.
        .env("ERL_ZFLAGS", "-start_epmd false")
        .env("RABBITMQ_MNESIA_BASE", place.path("data"))
        .env("RABBITMQ_LOG_BASE", place.path("log"))
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_CONFIG_FILE", place.path("rabbitmq.conf"))
        .env("RABBITMQ_CONFIG_FILES", place.path("conf.d"))
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", place.path("advanced.config"))
        .env("RABBITMQ_CONF_ENV_FILE", place.path("rabbitmq-env.conf"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", place.path("enabled_plugins"))
        .env("RABBITMQ_PID_FILE", place.path("pid"))
        // Several brokers that each bind their schedulers to cores would share the first two.
        .env("RABBITMQ_SCHEDULER_BIND_TYPE", "u")
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", ERLANG);
}
