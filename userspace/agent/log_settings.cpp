#include "agent/log_settings.h"

#include "log/log.h"

namespace bpfcast {
namespace {

LogLevel LevelOf(LogSetting setting) {
  switch (setting) {
    case LogSetting::kAsStarted:
      return StartedLevel();
    case LogSetting::kDebug:
      return LogLevel::kDebug;
    case LogSetting::kInfo:
      return LogLevel::kInfo;
    case LogSetting::kWarning:
      return LogLevel::kWarning;
    case LogSetting::kError:
      return LogLevel::kError;
  }
  return StartedLevel();
}

}  // namespace

void FollowLogSettings(const LogSettings& before, const LogSettings& wanted) {
  const auto follow = [&](Subsystem subsystem, LogSetting LogSettings::*setting) {
    if (before.*setting != wanted.*setting) SetLogLevel(subsystem, LevelOf(wanted.*setting));
  };
  follow(Subsystem::kAgent, &LogSettings::agent);
  follow(Subsystem::kIgmp, &LogSettings::igmp);
  follow(Subsystem::kMld, &LogSettings::mld);
  follow(Subsystem::kDatapath, &LogSettings::datapath);
  follow(Subsystem::kLinks, &LogSettings::links);
}

}  // namespace bpfcast
