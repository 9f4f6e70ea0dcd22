// The log: who speaks in it, from which level on, and where its lines go.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace spdlog {
class logger;
}

namespace bpfcast {

/// What can be made to say more or less by itself.
enum class Subsystem : std::uint8_t {
  kAgent,     // start, stop, configuration, ports, control socket
  kIgmp,      // messages, queriers, memberships of IPv4
  kMld,       // the same of IPv6
  kDatapath,  // programs, maps, the kernel's multicast routing
  kLinks,     // interfaces and addresses, as the kernel tells of them
};
inline constexpr std::array<std::string_view, 5> kSubsystemNames = {"agent", "igmp", "mld", "datapath",
                                                                    "links"};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
inline constexpr std::array<std::string_view, 4> kLogLevelNames = {"debug", "info", "warning", "error"};

enum class LogTarget : std::uint8_t { kStderr, kSyslog };

std::string_view NameOf(Subsystem subsystem);
std::string_view NameOf(LogLevel level);
std::optional<Subsystem> SubsystemOf(std::string_view name);
std::optional<LogLevel> LogLevelOf(std::string_view name);

/// Opens the log; every subsystem begins with `level`. On stderr a line has time, level and subsystem; where
/// stderr leads to systemd's journal, which knows the time, the priority in the form that it reads. Call it
/// before anything is logged.
void StartLog(LogTarget target, LogLevel level);

/// What StartLog() was told; kInfo where it was not called.
LogLevel StartedLevel();

/// The logger of a subsystem; on stderr and from kInfo on where StartLog() was not called.
spdlog::logger& Log(Subsystem subsystem);

void SetLogLevel(Subsystem subsystem, LogLevel level);
LogLevel LogLevelOf(Subsystem subsystem);

}  // namespace bpfcast
