// MrouteDatapath: the Datapath of the kernel's own multicast routing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datapath/bpf_fd.h"
#include "datapath/mroute_plan.h"
#include "datapath/mroute_socket.h"
#include "datapath/mroute_streams.h"
#include "datapath/reverse_path.h"
#include "datapath/vif_table.h"
#include "routing/datapath.h"

namespace bpfcast {

struct MrouteDatapathConfig {
  bool ipv4 = true;  // which families are taken over at the start; another one is when its first port comes
  bool ipv6 = true;
  std::string reason;  // why the kernel forwards, for display
  MrouteLimits limits;
};

/// The kernel forwards by entries that are made when it asks (see MrouteStreams). It serves interfaces of any
/// kind, 32 of a family at most. Destruction leaves nothing behind, and so does a crash.
class MrouteDatapath : public Datapath {
 public:
  /// On failure, of a family that another program has, nothing is left behind. Interfaces are those of the
  /// network namespace of the calling thread.
  static Result<std::unique_ptr<MrouteDatapath>> Open(const MrouteDatapathConfig& config);
  MrouteDatapath(const MrouteDatapath&) = delete;
  MrouteDatapath& operator=(const MrouteDatapath&) = delete;
  ~MrouteDatapath() override;

  const Inheritance& Inherited() const override { return nothing_; }
  Result<TakenOver> TakeOver(const std::vector<DatapathPort>& ports, const ForwardingUpdate<Igmp>& ipv4,
                             const ForwardingUpdate<Mld>& ipv6) override;
  /// The kernel forwards no longer than the socket is open that its multicast routing belongs to.
  void HandOver() override {}
  Result<PortAttachment> SetPort(const DatapathPort& port) override;
  void RemovePort(PortId port) override;
  Result<void> Apply(const ForwardingUpdate<Igmp>& update) override;
  Result<void> Apply(const ForwardingUpdate<Mld>& update) override;
  Result<void> Sync(const ForwardingUpdate<Igmp>& table) override;
  Result<void> Sync(const ForwardingUpdate<Mld>& table) override;
  void Tick(Time now) override;
  Result<DatapathCounters> Counters() override;
  Result<std::vector<RouteCounters<Igmp>>> CountersOfRoutes(Igmp) override;
  Result<std::vector<RouteCounters<Mld>>> CountersOfRoutes(Mld) override;
  Result<std::vector<FlowCounters<Igmp>>> Flows(Igmp) override;
  Result<std::vector<FlowCounters<Mld>>> Flows(Mld) override;
  int EventsFd() const override { return epoll_.get(); }
  /// Answers what the kernel asks, too.
  std::vector<PacketEvent> TakeEvents() override;

 private:
  /// The multicast routing of one family; without a kernel until it is opened.
  template <class F>
  struct Half {
    explicit Half(ReversePath& reverse_path)
        : plan([&reverse_path](const typename F::Address& source, std::uint32_t ifindex) {
            return reverse_path.LeadsTo(source, ifindex);
          }) {}

    bool missing = false;  // the kernel does not have it: the family is left alone
    std::unique_ptr<MrouteKernel<F>> kernel;
    VifTable vifs;
    MroutePlan<F> plan;
    std::optional<MrouteStreams<F>> streams;
  };

  explicit MrouteDatapath(const MrouteDatapathConfig& config);

  template <class F>
  Result<void> OpenHalf(Half<F>& half);
  template <class F>
  Result<void> SetPort(Half<F>& half, const DatapathPort& port);
  template <class F>
  void RemovePort(Half<F>& half, PortId port);
  template <class F>
  Result<void> Apply(Half<F>& half, const ForwardingUpdate<F>& update);
  template <class F>
  Result<void> Sync(Half<F>& half, const ForwardingUpdate<F>& table);
  template <class F>
  void Answer(Half<F>& half, std::vector<PacketEvent>& events);
  template <class F>
  void AddCounters(Half<F>& half, DatapathCounters& counters);

  MrouteDatapathConfig config_;
  Inheritance nothing_;
  BpfFd epoll_;
  ReversePath reverse_path_;
  Half<Igmp> ipv4_;
  Half<Mld> ipv6_;
  std::optional<Time> asked_routes_;
};

}  // namespace bpfcast
