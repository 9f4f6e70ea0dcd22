#include "log/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>

namespace bpfcast {
namespace {

using Loggers = std::array<std::shared_ptr<spdlog::logger>, kSubsystemNames.size()>;

/// %* in a pattern: the level as systemd's journal reads it, sd-daemon(3).
class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    constexpr std::string_view kOfLevel = "7764327";  // of trace to off
    out.push_back(kOfLevel[static_cast<std::size_t>(message.level)]);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPriority>();
  }
};

/// systemd says which socket its journal listens on, systemd.exec(5); who starts us may have sent stderr
/// elsewhere.
bool IsJournal(int fd) {
  const char* journal = std::getenv("JOURNAL_STREAM");
  struct stat found {};
  if (journal == nullptr || fstat(fd, &found) != 0) return false;
  return journal == std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
}

std::unique_ptr<spdlog::formatter> StderrFormat() {
  auto format = std::make_unique<spdlog::pattern_formatter>();
  if (IsJournal(STDERR_FILENO)) {
    format->add_flag<JournalPriority>('*').set_pattern("<%*>%n: %v");
  } else {
    format->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %n: %v");
  }
  return format;
}

spdlog::sink_ptr OpenSink(LogTarget target) {
  switch (target) {
    case LogTarget::kStderr: {
      auto sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
      sink->set_formatter(StderrFormat());
      return sink;
    }
    case LogTarget::kSyslog: {
      auto sink = std::make_shared<spdlog::sinks::syslog_sink_st>("igmpproxy", LOG_PID, LOG_USER, true);
      sink->set_pattern("%n: %v");
      return sink;
    }
  }
  return nullptr;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

Loggers Open(LogTarget target, LogLevel level) {
  const spdlog::sink_ptr sink = OpenSink(target);
  Loggers loggers;
  for (std::size_t i = 0; i < loggers.size(); ++i) {
    loggers[i] = std::make_shared<spdlog::logger>(std::string(kSubsystemNames[i]), sink);
    loggers[i]->set_level(ToSpdlog(level));
  }
  return loggers;
}

LogLevel started_level = LogLevel::kInfo;

Loggers& All() {
  static Loggers loggers = Open(LogTarget::kStderr, LogLevel::kInfo);
  return loggers;
}

/// The place of `name` in an array of names whose order is that of an enum.
template <class Enum, std::size_t N>
std::optional<Enum> Find(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view NameOf(Subsystem subsystem) {
  return kSubsystemNames[static_cast<std::size_t>(subsystem)];
}
std::string_view NameOf(LogLevel level) {
  return kLogLevelNames[static_cast<std::size_t>(level)];
}
std::optional<Subsystem> SubsystemOf(std::string_view name) {
  return Find<Subsystem>(kSubsystemNames, name);
}
std::optional<LogLevel> LogLevelOf(std::string_view name) {
  return Find<LogLevel>(kLogLevelNames, name);
}

void StartLog(LogTarget target, LogLevel level) {
  started_level = level;
  All() = Open(target, level);
}

LogLevel StartedLevel() {
  return started_level;
}

spdlog::logger& Log(Subsystem subsystem) {
  return *All()[static_cast<std::size_t>(subsystem)];
}

void SetLogLevel(Subsystem subsystem, LogLevel level) {
  Log(subsystem).set_level(ToSpdlog(level));
}

LogLevel LogLevelOf(Subsystem subsystem) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning}) {
    if (Log(subsystem).should_log(ToSpdlog(level))) return level;
  }
  return LogLevel::kError;
}

}  // namespace bpfcast
