#include "agent/static_additions.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <sstream>
#include <system_error>

#include "config/static.h"
#include "config/values.h"
#include "log/log.h"
#include "os/replace_file.h"

namespace bpfcast {

StaticAdditions::StaticAdditions(std::string until_stop_path, std::string until_leave_path)
    : until_stop_path_(std::move(until_stop_path)), until_leave_path_(std::move(until_leave_path)) {
  Read(Until::kStop);
  Read(Until::kLeave);
}

const std::string& StaticAdditions::PathOf(Until until) const {
  return until == Until::kStop ? until_stop_path_ : until_leave_path_;
}

void StaticAdditions::Read(Until until) {
  const auto text = ReadRecord(PathOf(until));
  if (!text) return Log(Subsystem::kAgent).warn("static memberships: {}", text.error().message);
  std::istringstream file(*text);
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    Name name;
    std::string more;
    if (words >> name.first >> name.second && !(words >> more)) {
      additions_.insert_or_assign(name, until);
    } else {
      Log(Subsystem::kAgent)
          .warn("{}:{}: {} is not an interface and a membership; left out", PathOf(until), number,
                Quoted(line));
    }
  }
}

Result<void> StaticAdditions::Write(Until until) const {
  std::string text;
  for (const auto& [name, each] : additions_) {
    if (each == until) text += name.first + ' ' + name.second + '\n';
  }
  if (until == Until::kLeave && !text.empty()) {
    std::error_code error;
    const auto directory = std::filesystem::path(until_leave_path_).parent_path();
    std::filesystem::create_directories(directory, error);
    if (error) return Fail("create " + directory.string() + ": " + error.message());
  }
  return ReplaceFile(PathOf(until), text);
}

InterfaceConfig StaticAdditions::With(InterfaceConfig config) const {
  for (const auto& [name, until] : additions_) {
    if (name.first != config.name) continue;
    if (const auto added = AddStaticMembership(name.second, config); !added) {
      Log(Subsystem::kAgent)
          .warn("{}: the static membership '{}' of {} {}", config.name, name.second, PathOf(until),
                added.error().message);
    }
  }
  return config;
}

Result<std::string> StaticAdditions::Join(const InterfaceConfig& configured, const std::string& membership,
                                          Until until) {
  InterfaceConfig with = configured;
  const auto added = AddStaticMembership(membership, with);
  const std::string what = configured.name + ": '" + membership + "' ";
  if (!added) return Fail(what + added.error().message);
  if (with == configured) return what + "is in the configuration already";

  const Name name{configured.name, membership};
  const auto known = additions_.find(name);
  const bool joined = known != additions_.end();
  if (joined && known->second == Until::kLeave && until == Until::kStop) {
    return what + "is joined persistently already: until `bpfcast leave` takes it back";
  }
  const auto before = additions_;
  additions_.insert_or_assign(name, until);
  if (const auto kept = Write(until); !kept) {
    additions_ = before;
    return Fail(what + "is not joined" + (joined ? " persistently" : "") +
                ", it could not be kept: " + kept.error().message);
  }
  if (until == Until::kLeave) {  // which counts where both files have it
    if (const auto removed = Write(Until::kStop); !removed) {
      Log(Subsystem::kAgent).warn("static memberships: {}", removed.error().message);
    }
  }
  std::string text =
      what + "joined until " + (until == Until::kStop ? "bpfcastd stops" : "`bpfcast leave` takes it back");
  for (const std::string& warning : *added) text += "; it " + warning;
  return text;
}

Result<std::string> StaticAdditions::Leave(const InterfaceConfig& configured, const std::string& membership) {
  const std::string what = configured.name + ": '" + membership + "' ";
  const auto found = additions_.find({configured.name, membership});
  if (found == additions_.end()) {
    InterfaceConfig without = configured;
    if (RemoveStaticMembership(membership, without)) {
      return Fail(what + "is in the configuration; take it out of static-groups there and reload");
    }
    return Fail(what + "was not joined by `bpfcast join`; `bpfcast groups` shows what is static");
  }
  const auto before = additions_;
  const Until until = found->second;
  additions_.erase(found);
  // The file that decides last: until then it is joined as before, should the other one have it, too.
  auto kept = Write(Until::kStop);
  if (kept && until == Until::kLeave) kept = Write(Until::kLeave);
  if (!kept) {
    additions_ = before;
    return Fail(what + "stays, its end could not be kept: " + kept.error().message);
  }
  InterfaceConfig without = configured;
  if (RemoveStaticMembership(membership, without)) return what + "stays: the configuration has it, too";
  return what + "left";
}

void StaticAdditions::Stop() {
  std::erase_if(additions_, [](const auto& each) { return each.second == Until::kStop; });
  if (const auto removed = Write(Until::kStop); !removed) {
    Log(Subsystem::kAgent).error("static memberships: {}", removed.error().message);
  }
}

}  // namespace bpfcast
