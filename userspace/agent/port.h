// Port: a configured interface at run time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/hook_choice.h"
#include "agent/recent_count.h"
#include "config/config.h"
#include "os/event_loop.h"
#include "os/group_socket.h"
#include "os/link_monitor.h"
#include "routing/datapath.h"

namespace bpfcast {

/// Every instance's upstream has this number, whatever its interface is.
inline constexpr PortId kUpstreamPort{0};

enum class PortOrigin : std::uint8_t {
  kNamed,    // in the configuration; waits for its interface
  kDefault,  // a default downstream; goes with its interface
};

/// Everything below `config` follows the interface that has its name now.
struct Port {
  PortId id{};
  PortRole role = PortRole::kDownstream;
  PortOrigin origin = PortOrigin::kNamed;
  InterfaceConfig config;

  Link link;            // ifindex 0: there is no such interface
  std::string waiting;  // why it does not work; empty when it does
  HookChoice choice;
  std::optional<DatapathPort> installed;  // what the datapath was told last
  PortAttachment attachment;              // only while installed

  std::optional<GroupSocket> socket;
  FdWatch watch;  // after the socket: ends before it

  RecentCounts recent;

  std::string shown;    // the state that was logged last
  std::string trouble;  // the failure that was logged last, not to say it again
};

}  // namespace bpfcast
