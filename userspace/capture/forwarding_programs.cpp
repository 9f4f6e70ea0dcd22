#include "capture/forwarding_programs.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "bpfcast/abi.h"
#include "datapath/kernel_time.h"

namespace bpfcast {
namespace {

struct Named {
  const char* name;
  ProgramKind kind;
};
// The kernel keeps fifteen letters of a name.
constexpr std::array<Named, 4> kPrograms = {{{"bpfcast_xdp", ProgramKind::kXdp},
                                             {"bpfcast_egress", ProgramKind::kXdpEgress},
                                             {"bpfcast_tc", ProgramKind::kTc},
                                             {"bpfcast_tc_bare", ProgramKind::kTcBare}}};

/// A program with what its maps tell of it.
struct Found {
  ForwardingProgram program;
  std::uint32_t verdicts = 0;  // the id of its counters, which all programs of an agent share
  std::optional<bpfcast_control> control;
};

const Named* Known(const bpf_prog_info& info) {
  for (const Named& each : kPrograms) {
    if (std::strcmp(each.name, info.name) == 0) return &each;
  }
  return nullptr;
}

std::optional<bpfcast_control> ReadControl(int map, std::uint32_t value_size) {
  constexpr std::uint32_t kElement = 0;
  std::vector<std::uint8_t> element(value_size);
  if (value_size < sizeof(bpfcast_control) || bpf_map_lookup_elem(map, &kElement, element.data()) != 0) {
    return std::nullopt;
  }
  bpfcast_control control{};
  std::memcpy(&control, element.data(), sizeof control);
  return control;
}

void ReadMaps(Found& found) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  std::array<std::uint32_t, 64> maps{};  // the programs have two dozen
  info.nr_map_ids = maps.size();
  info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
  if (bpf_obj_get_info_by_fd(found.program.program.get(), &info, &size) != 0) return;
  for (std::size_t i = 0; i < std::min<std::size_t>(info.nr_map_ids, maps.size()); ++i) {
    BpfFd map(bpf_map_get_fd_by_id(maps[i]));
    bpf_map_info map_info{};
    std::uint32_t map_size = sizeof map_info;
    if (!map || bpf_obj_get_info_by_fd(map.get(), &map_info, &map_size) != 0) continue;
    const std::string_view name = map_info.name;
    if (name == "control") found.control = ReadControl(map.get(), map_info.value_size);
    if (name == "if_port") found.program.if_port = std::move(map);
    if (name == "verdicts") {
      found.verdicts = maps[i];
      found.program.verdicts = std::move(map);
    }
  }
}

Result<std::vector<Found>> FindAll() {
  std::vector<Found> all;
  std::uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    BpfFd program(bpf_prog_get_fd_by_id(id));
    if (!program && errno != ENOENT) {
      return Fail(std::string("look at the BPF programs of this machine: ") + std::strerror(errno) +
                  "; run it as root");
    }
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) continue;
    const Named* known = Known(info);
    if (known == nullptr) continue;
    Found found;
    found.program.id = id;
    found.program.kind = known->kind;
    found.program.name = known->name;
    found.program.program = std::move(program);
    ReadMaps(found);
    all.push_back(std::move(found));
  }
  if (errno == ENOENT) return all;
  return Fail(std::string("look for the BPF programs of this machine: ") + std::strerror(errno) +
              "; run it as root");
}

}  // namespace

Result<std::vector<ForwardingProgram>> FindForwardingPrograms(std::uint64_t netns_cookie) {
  Result<std::vector<Found>> all = FindAll();
  if (!all) return tl::unexpected(all.error());
  const auto now = static_cast<std::uint64_t>(KernelTime().time_since_epoch().count());
  std::set<std::uint32_t> alive;  // by the id of their counters
  std::set<std::uint32_t> of_our_version;
  for (const Found& each : *all) {
    if (!each.control || each.control->netns != netns_cookie) continue;
    if (each.control->lease > now) alive.insert(each.verdicts);
    if (each.control->abi == BPFCAST_ABI) of_our_version.insert(each.verdicts);
  }
  std::vector<ForwardingProgram> programs;
  for (Found& each : *all) {
    if (!alive.contains(each.verdicts)) continue;
    if (!of_our_version.contains(each.verdicts)) each.program.verdicts = BpfFd();
    programs.push_back(std::move(each.program));
  }
  return programs;
}

}  // namespace bpfcast
