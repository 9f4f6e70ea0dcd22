// `bpfcast recv`: joins groups and accounts for what comes.
#include <poll.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/human.h"
#include "cli/option_values.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "cli/stream_report.h"
#include "cli/stream_sockets.h"
#include "cli/verbs.h"
#include "cli/view.h"

namespace bpfcast {
namespace {

using Clock = std::chrono::steady_clock;

/// Datagrams of one socket before the next one has its turn.
constexpr int kBatch = 64;

struct Plan {
  std::vector<Membership> memberships;
  std::optional<std::uint64_t> count;
  std::optional<std::chrono::nanoseconds> timeout;
};

/// The sources that are of the group's family.
std::vector<AnyIp> SourcesFor(const AnyIp& group, const std::vector<AnyIp>& sources) {
  std::vector<AnyIp> fitting;
  std::copy_if(sources.begin(), sources.end(), std::back_inserter(fitting),
               [&](const AnyIp& source) { return IsIpv6(source) == IsIpv6(group); });
  return fitting;
}

Result<Plan> PlanFrom(const Invocation& invocation) {
  auto groups = GroupsFrom(invocation, "GROUP");
  if (!groups) return tl::unexpected(groups.error());
  const auto included = AddressesFrom(invocation, "source");
  if (!included) return tl::unexpected(included.error());
  const auto excluded = AddressesFrom(invocation, "exclude");
  if (!excluded) return tl::unexpected(excluded.error());
  if (!included->empty() && !excluded->empty()) {
    return Fail(
        "--source and --exclude: a membership either names its senders or all but some; give one kind");
  }
  const auto interface = InterfaceFrom(invocation, "interface");
  if (!interface) return tl::unexpected(interface.error());
  const auto port = NumberFrom(invocation, "port", {1, 65535}, kStreamPort);
  if (!port) return tl::unexpected(port.error());
  const auto count = NumberFrom(invocation, "count", {1, std::numeric_limits<std::int64_t>::max()}, 0);
  if (!count) return tl::unexpected(count.error());
  const auto timeout = SecondsFrom(invocation, "timeout");
  if (!timeout) return tl::unexpected(timeout.error());

  Plan plan;
  if (*count > 0) plan.count = *count;
  plan.timeout = *timeout;
  std::sort(groups->begin(), groups->end());
  groups->erase(std::unique(groups->begin(), groups->end()), groups->end());
  for (const AnyIp& group : *groups) {
    Membership membership;
    membership.group = group;
    membership.port = static_cast<std::uint16_t>(*port);
    membership.interface = *interface;
    membership.mode = included->empty() ? Membership::Mode::kExclude : Membership::Mode::kInclude;
    membership.sources = SourcesFor(group, included->empty() ? *excluded : *included);
    if (!included->empty() && membership.sources.empty()) {
      return Fail(fmt::format("no --source is of the family of {}: name one that is", TextOf(group)));
    }
    plan.memberships.push_back(std::move(membership));
  }
  return plan;
}

void Drain(StreamReceiver& receiver, StreamReport& report) {
  std::array<std::uint8_t, 2048> buffer{};
  for (int i = 0; i < kBatch; ++i) {
    const auto arrival = receiver.Receive(buffer);
    if (!arrival) return;
    const std::span<const std::uint8_t> payload(buffer.data(), std::min(arrival->size, buffer.size()));
    report.Add(receiver.group(), arrival->source, ReadStreamPacket(payload), arrival->size, arrival->ttl,
               arrival->arrived_ns);
  }
}

/// Until enough came, the time is over, or a signal says so. Gives how long that took.
Clock::duration Receive(const Plan& plan, std::vector<StreamReceiver>& receivers, Signals& signals,
                        StreamReport& report) {
  const auto start = Clock::now();
  std::vector<pollfd> waiting{{signals.fd(), POLLIN, 0}};
  for (const StreamReceiver& receiver : receivers) waiting.push_back({receiver.fd(), POLLIN, 0});
  Progress progress;
  while (report.Received() < plan.count.value_or(std::numeric_limits<std::uint64_t>::max())) {
    std::chrono::nanoseconds left = std::chrono::milliseconds(500);
    if (plan.timeout) left = std::min(left, *plan.timeout - (Clock::now() - start));
    if (left <= left.zero()) break;
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    poll(waiting.data(), waiting.size(), static_cast<int>(ms));
    if (signals.Next()) break;
    for (std::size_t i = 0; i < receivers.size(); ++i) {
      if (waiting[i + 1].revents != 0) Drain(receivers[i], report);
    }
    progress.Show([&] {
      return report.Streams() == 0
                 ? fmt::format("nothing yet for {}",
                               HumanSeconds(std::chrono::duration<double>(Clock::now() - start).count()))
                 : fmt::format("{} packets of {} streams received, {} lost", HumanCount(report.Received()),
                               report.Streams(), HumanCount(report.Lost()));
    });
  }
  return Clock::now() - start;
}

Exit RunRecv(const Invocation& invocation) {
  const auto plan = PlanFrom(invocation);
  if (!plan) return Complain(plan.error());
  Signals signals({SIGINT, SIGTERM, SIGHUP});
  std::vector<StreamReceiver> receivers;
  for (const Membership& membership : plan->memberships) {
    auto receiver = StreamReceiver::Open(membership);
    if (!receiver) return Complain(receiver.error());
    receivers.push_back(std::move(*receiver));
  }
  StreamReport report;
  const auto took = Receive(*plan, receivers, signals, report);
  StreamReport::End end{std::chrono::duration<double>(took).count(), 0, plan->count};
  for (const StreamReceiver& receiver : receivers) end.socket_drops += receiver.Drops();
  const bool json = invocation.form == Invocation::Form::kJson;
  const Exit printed = Print(json ? report.ToJson(end).dump(2) + "\n" : report.ToText(end));
  return printed == Exit::kOk && report.IsGood(end) ? Exit::kOk : Exit::kRuntime;
}

}  // namespace

Verb RecvVerb() {
  using Kind = Argument::Kind;
  return {
      "recv",
      "Joins groups and accounts for what comes, until Ctrl-C; exit status 0 when something came and nothing "
      "was lost, else 1",
      {{Kind::kMany, "GROUP", "What to join, as in 239.1.2.3 or ff3e::1234"},
       {Kind::kOption, "--port", "UDP port (5000)"},
       {Kind::kOption, "--interface", "Where to join (by the kernel's routes)"},
       {Kind::kOption, "--source", "Only what this sender sends; may come several times"},
       {Kind::kOption, "--exclude", "Not what this sender sends; may come several times"},
       {Kind::kOption, "--count", "Ends after so many packets; fewer are exit status 1"},
       {Kind::kOption, "--timeout", "Ends after so many seconds"}},
      RunRecv};
}

}  // namespace bpfcast
