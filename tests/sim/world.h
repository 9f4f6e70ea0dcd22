// World: proxies, hosts and links on one virtual clock, all of it made and moved by one seed.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "dice.h"
#include "host_model.h"
#include "loss.h"
#include "names.h"
#include "promises.h"
#include "proxy_node.h"
#include "variables.h"

namespace bpfcast::sim {

/// What is broken on purpose, to see that the checks find it.
enum class Sabotage : std::uint8_t { kNone, kLoss, kLostLeaves, kLostQueries, kLostUpdate };

/// A tree of proxies: the root's downstream links, and proxies whose upstream is a downstream of another
/// (TE-32); where two proxies share a downstream one of them is its querier. Hosts of all versions on every
/// link. A step is a packet that arrives, a timer that fires, or something that somebody does.
template <class F>
class World {
 public:
  World(std::uint64_t seed, Sabotage sabotage);

  /// Throws Violation.
  void Run(std::uint64_t steps);
  /// From now on, what happens is remembered in words.
  void Remember() { remembers_ = true; }
  const std::deque<std::string>& memory() const { return memory_; }
  /// What the seed made.
  std::string Describe() const;

 private:
  using Address = typename F::Address;

  struct Packet {
    Address sender;
    std::vector<std::uint8_t> bytes;
    ReceivedMessage<F> received;
  };
  enum class StationKind : std::uint8_t { kHost, kProxy };
  /// Somebody on a link who hears what is sent there.
  struct Station {
    StationKind kind = StationKind::kHost;
    unsigned who = 0;  // index of the host or the proxy
    PortId port{};
  };
  struct Link {
    LinkTraits traits;
    std::size_t mtu = 1500;
    unsigned duplicates_percent = 0;
    std::vector<Station> stations;
    std::vector<Station> routers;
    std::unique_ptr<Loss<F>> loss;
    std::unique_ptr<Promises> promises;
  };
  struct Host {
    unsigned link = 0;
    unsigned member = 0;
    Address address;
    Version ability = Version::kV3;
    LeaveHabit leaves = LeaveHabit::kAlways;
    std::unique_ptr<HostModel<F>> model;  // none while it is dead
    Time next = kNever;
  };
  struct ProxyPort {
    unsigned link = 0;
    Address address;
    bool up = false;
  };
  struct ProxyBox {
    std::unique_ptr<ProxyNode<F>> node;
    std::vector<ProxyPort> ports;  // by PortId; 0 is upstream
    unsigned member = 0;           // on the upstream link
    Time next = kNever;
  };
  struct Arrival {
    Time at;
    std::uint64_t order = 0;
    unsigned link = 0;
    unsigned station = 0;
    std::shared_ptr<const Packet> packet;
    bool operator>(const Arrival& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Look {
    Time at;
    unsigned link = 0;
    bool operator>(const Look& other) const { return at > other.at; }
  };

  void MakeVariables();
  unsigned AddLink(unsigned routers);
  unsigned AddProxy(unsigned upstream, const std::vector<unsigned>& downstreams);
  void AddHosts(unsigned link);
  Filter DrawFilter(const Host& host, unsigned group);

  void Arrive(const Arrival& arrival);
  void Act();
  void ChangeSomeFilter(Host& host);
  void LiveOrDie(Host& host);
  void TogglePort(ProxyBox& proxy, PortId port);
  void SetPort(ProxyBox& proxy, PortId port, bool up);
  unsigned RoutersUp(const Link& link) const;

  void Take(ProxyBox& proxy, const typename ProxyNode<F>::Outcome& outcome);
  void FollowHost(Host& host, const std::vector<Report<F>>& reports);
  void FollowMember(unsigned link, unsigned member, Version mode, Departure how,
                    const std::function<Filter(unsigned)>& told);
  void Transmit(unsigned link, const Address& sender, const Station& from, std::vector<std::uint8_t> bytes);
  bool IsSabotaged(const Message<F>& message) const;
  void CheckLink(unsigned link, unsigned group) const;
  void LookAt(unsigned link, const std::vector<Time>& times);
  template <class Words>
  void Note(Words words);

  Dice dice_;
  Sabotage sabotage_;
  Variables variables_;
  unsigned groups_ = 4;
  unsigned sources_ = 3;
  bool wide_ = false;   // long lists in INCLUDE mode, split over packets
  bool older_ = false;  // hosts and routers of older versions
  bool lossless_ = false;
  bool delays_ = false;
  std::vector<Link> links_;
  std::vector<Host> hosts_;
  std::vector<ProxyBox> proxies_;
  Time now_{};
  Time next_action_{};
  std::uint64_t order_ = 0;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
  std::priority_queue<Look, std::vector<Look>, std::greater<>> looks_;
  bool remembers_ = false;
  std::deque<std::string> memory_;
};

extern template class World<Igmp>;
extern template class World<Mld>;

}  // namespace bpfcast::sim
