// `bpfcast send`: a numbered test stream.
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "cli/counted.h"
#include "cli/human.h"
#include "cli/option_values.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/stream_packet.h"
#include "cli/stream_sockets.h"
#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::uint64_t kDefaultTtl = 16;
constexpr std::uint64_t kDefaultRate = 100;
constexpr std::uint64_t kDefaultSize = 200;
constexpr std::uint64_t kMostPayload = 65507;  // of UDP over IPv4

struct Plan {
  SenderOptions to;
  std::uint64_t rate = 0;   // packets/s
  std::uint64_t count = 0;  // 0: until it is told to stop
  std::size_t size = 0;
};

struct Sent {
  std::uint64_t stream = 0;
  std::uint64_t packets = 0;
  std::uint64_t refused = 0;
  int last_error = 0;
  double seconds = 0;
};

Result<Plan> PlanFrom(const Invocation& invocation) {
  Plan plan;
  const auto groups = GroupsFrom(invocation, "GROUP");
  if (!groups) return tl::unexpected(groups.error());
  plan.to.group = groups->front();
  const auto sources = AddressesFrom(invocation, "source");
  if (!sources) return tl::unexpected(sources.error());
  if (!sources->empty()) {
    plan.to.source = sources->back();
    if (IsIpv6(*plan.to.source) != IsIpv6(plan.to.group)) {
      return Fail(fmt::format("--source {}: it is of another family than {}", TextOf(*plan.to.source),
                              TextOf(plan.to.group)));
    }
  }
  const auto interface = InterfaceFrom(invocation, "interface");
  if (!interface) return tl::unexpected(interface.error());
  plan.to.interface = *interface;
  std::uint64_t port = 0;
  std::uint64_t ttl = 0;
  std::uint64_t size = 0;
  const auto number = [&](std::uint64_t& into, const char* key, NumberRange range,
                          std::uint64_t otherwise) -> Result<void> {
    const auto value = NumberFrom(invocation, key, range, otherwise);
    if (!value) return tl::unexpected(value.error());
    into = *value;
    return {};
  };
  for (const auto& read :
       {number(port, "port", {1, 65535}, kStreamPort), number(ttl, "ttl", {0, 255}, kDefaultTtl),
        number(size, "size", {kStreamPacketSize, kMostPayload}, kDefaultSize),
        number(plan.rate, "rate", {1, 10'000'000}, kDefaultRate),
        number(plan.count, "count", {1, std::numeric_limits<std::int64_t>::max()}, 0)}) {
    if (!read) return tl::unexpected(read.error());
  }
  plan.to.port = static_cast<std::uint16_t>(port);
  plan.to.ttl = static_cast<unsigned>(ttl);
  plan.to.loop = invocation.Has("loop") ? SenderOptions::Loop::kOn : SenderOptions::Loop::kOff;
  plan.size = size;
  return plan;
}

std::int64_t UtcNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

/// True when a signal came before `due`.
bool StopsBefore(Clock::time_point due, Signals& signals) {
  const auto left = std::max(nanoseconds::zero(), nanoseconds(due - Clock::now()));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  const timespec wait{static_cast<std::time_t>(seconds.count()), static_cast<long>((left - seconds).count())};
  pollfd waiting{signals.fd(), POLLIN, 0};
  ppoll(&waiting, 1, &wait, nullptr);
  return signals.Next().has_value();
}

/// Paced by the start: what a busy machine delays is made up for. Fails when the kernel refuses the first
/// packet; later refusals are counted, and the number is used for the next.
Result<Sent> Send(const Plan& plan, const UniqueFd& socket, Signals& signals) {
  Sent sent;
  sent.stream = std::random_device()() * 0x100000001ULL ^ std::random_device()();
  std::vector<std::uint8_t> payload(plan.size);
  Progress progress;
  const auto start = Clock::now();
  for (std::uint64_t tried = 0; plan.count == 0 || sent.packets < plan.count; ++tried) {
    if (StopsBefore(start + nanoseconds(tried * 1'000'000'000 / plan.rate), signals)) break;
    const auto header = WriteStreamPacket({sent.stream, sent.packets, UtcNanoseconds()});
    std::copy(header.begin(), header.end(), payload.begin());
    if (send(socket.get(), payload.data(), payload.size(), 0) >= 0) {
      ++sent.packets;
    } else {
      sent.last_error = errno;
      if (sent.packets == 0) return Fail(SendTrouble(plan.to.group, sent.last_error));
      ++sent.refused;
    }
    progress.Show([&] {
      return fmt::format("{}: {} sent", TextOf(plan.to.group), HumanCounted(sent.packets, "packet"));
    });
  }
  sent.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return sent;
}

Exit Report(const Invocation& invocation, const Plan& plan, const Sent& sent) {
  const Exit exit = sent.refused == 0 && sent.packets > 0 ? Exit::kOk : Exit::kRuntime;
  std::string text;
  if (invocation.form == Invocation::Form::kJson) {
    text = nlohmann::ordered_json{{"group", TextOf(plan.to.group)},
                                  {"port", plan.to.port},
                                  {"ttl", plan.to.ttl},
                                  {"stream", fmt::format("{:016x}", sent.stream)},
                                  {"packets", sent.packets},
                                  {"bytes", sent.packets * plan.size},
                                  {"refused", sent.refused},
                                  {"seconds", sent.seconds}}
               .dump(2) +
           "\n";
  } else {
    text = fmt::format("sent {} of {} octets to {} port {} with TTL {} in {}\n",
                       HumanCounted(sent.packets, "packet"), plan.size, TextOf(plan.to.group), plan.to.port,
                       plan.to.ttl, HumanSeconds(sent.seconds));
    if (sent.refused > 0) {
      text += fmt::format("{} the kernel refused a packet, at last: {}\n", HumanCounted(sent.refused, "time"),
                          SendTrouble(plan.to.group, sent.last_error));
    }
  }
  return Print(text) == Exit::kOk ? exit : Exit::kRuntime;
}

Exit RunSend(const Invocation& invocation) {
  const auto plan = PlanFrom(invocation);
  if (!plan) return Complain(plan.error());
  const auto socket = OpenSender(plan->to);
  if (!socket) return Complain(socket.error());
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  if (plan->to.ttl <= 1) {
    std::fprintf(stderr, "TTL %u: no router forwards these packets; give a --ttl above 1\n", plan->to.ttl);
  }
  const auto sent = Send(*plan, *socket, signals);
  return sent ? Report(invocation, *plan, *sent) : Complain(sent.error());
}

}  // namespace

Verb SendVerb() {
  using Kind = Argument::Kind;
  return {"send",
          "Sends a numbered test stream, for `bpfcast recv` at the other end, until Ctrl-C",
          {{Kind::kRequired, "GROUP", "Where to, as in 239.1.2.3 or ff3e::1234"},
           {Kind::kOption, "--port", "UDP port (5000)"},
           {Kind::kOption, "--interface", "Where it leaves (by the kernel's routes)"},
           {Kind::kOption, "--source", "Its source, an address of this machine (by the kernel's routes)"},
           {Kind::kOption, "--ttl", "TTL or hop limit (16); each router on the way takes one"},
           {Kind::kFlag, "--loop", "Members on this machine get it, too"},
           {Kind::kOption, "--rate", "Packets per second (100)"},
           {Kind::kOption, "--count", "Ends after so many packets"},
           {Kind::kOption, "--size", "Octets of a packet's UDP payload, 32 or more (200)"}},
          RunSend};
}

}  // namespace bpfcast
