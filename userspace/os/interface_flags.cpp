#include "os/interface_flags.h"

#include <linux/if.h>
#include <sys/stat.h>

#include <sstream>
#include <string>

#include "os/netlink.h"
#include "os/replace_file.h"

namespace bpfcast {
namespace {

std::uint64_t ThisNetworkNamespace() {
  struct stat info {};
  return stat("/proc/self/ns/net", &info) == 0 ? info.st_ino : 0;
}

}  // namespace

AllMulticastFlags::AllMulticastFlags(std::string path)
    : path_(std::move(path)), netns_(ThisNetworkNamespace()) {
  std::istringstream file(ReadRecord(path_).value_or(""));
  for (Flag flag; file >> flag.first >> flag.second;) ours_.insert(flag);
}

AllMulticastFlags::~AllMulticastFlags() {
  for (const auto& [netns, ifindex] : std::set<Flag>(ours_)) {
    if (netns == netns_) Clear(ifindex);
  }
}

Result<void> AllMulticastFlags::Set(const Link& link) {
  if (link.all_multicast) return {};
  auto netlink = Netlink::Open(0);
  if (!netlink) return tl::unexpected(netlink.error());
  const Flag flag{netns_, link.ifindex};
  // Written before it is done: a crash in between leaves a record without a flag, never the reverse.
  const bool fresh = ours_.insert(flag).second;
  auto done = fresh ? Write() : Result<void>();
  if (done) done = netlink->ChangeFlags(link.ifindex, IFF_ALLMULTI, IFF_ALLMULTI);
  if (done) return {};
  if (fresh) {
    ours_.erase(flag);
    static_cast<void>(Write());
  }
  return Fail("set allmulticast on " + link.name + ": " + done.error().message);
}

void AllMulticastFlags::Clear(std::uint32_t ifindex) {
  if (ours_.erase({netns_, ifindex}) == 0) return;
  auto netlink = Netlink::Open(0);
  if (netlink) static_cast<void>(netlink->ChangeFlags(ifindex, 0, IFF_ALLMULTI));
  static_cast<void>(Write());  // it claims too much at worst, for an interface that lost its flag
}

void AllMulticastFlags::ClearOthers(const std::set<std::uint32_t>& used) {
  for (const auto& [netns, ifindex] : std::set<Flag>(ours_)) {
    if (netns == netns_ && !used.contains(ifindex)) Clear(ifindex);
  }
}

Result<void> AllMulticastFlags::Write() const {
  std::string text;
  for (const auto& [netns, ifindex] : ours_) {
    text += std::to_string(netns) + ' ' + std::to_string(ifindex) + '\n';
  }
  return ReplaceFile(path_, text);
}

}  // namespace bpfcast
