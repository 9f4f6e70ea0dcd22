#include "os/firewall_walk.h"

// Before the kernel's headers, which define the same otherwise.
#include <netinet/in.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace bpfcast {
namespace {

using Octets = std::vector<std::uint8_t>;

enum class Match : std::uint8_t { kNever, kMaybe, kAlways };

Match Not(Match match) {
  if (match == Match::kMaybe) return match;
  return match == Match::kAlways ? Match::kNever : Match::kAlways;
}

/// A field of a packet, as far as it is known.
struct Known {
  Octets octets;
  Octets mask;  // which bits of them are
};

Known All(Octets octets) {
  Octets mask(octets.size(), 0xff);
  return {std::move(octets), std::move(mask)};
}

Known Number(std::uint32_t value) {
  Octets octets(sizeof value);
  std::memcpy(octets.data(), &value, sizeof value);
  return All(std::move(octets));
}

Known Name(const std::string& name) {
  constexpr std::size_t kSize = 16;
  Octets octets(kSize, 0);
  std::copy_n(name.begin(), std::min(name.size(), kSize - 1), octets.begin());
  return All(std::move(octets));
}

Known Range(const AddressRange& range) {
  Known known{range.octets, Octets(range.octets.size(), 0)};
  for (unsigned bit = 0; bit < range.bits; ++bit) {
    known.mask[bit / 8] = static_cast<std::uint8_t>(known.mask[bit / 8] | (0x80U >> bit % 8));
  }
  return known;
}

class Walk {
 public:
  Walk(const Firewall& firewall, FirewallHook hook, const FirewallPacket& packet)
      : firewall_(firewall), hook_(hook), packet_(packet) {}

  /// kStopped: for certain, by a rule; kPasses: it may, or does; kContinues: with what comes after the chain.
  enum class Fate : std::uint8_t { kStopped, kPasses, kContinues };

  Fate In(const std::string& table, const std::string& chain) const {
    using Verdict = FirewallVerdict;
    bool may_leave = false;  // a rule that returns may have met it
    const auto stopped = [&] { return may_leave ? Fate::kContinues : Fate::kStopped; };
    for (const FirewallRule& rule : firewall_.rules) {
      if (rule.table != table || rule.chain != chain) continue;
      Match match = Match::kAlways;
      Verdict verdict = rule.verdict;
      std::string target = rule.target;
      for (const FirewallCondition& condition : rule.conditions) {
        match = std::min(match, Matches(table, condition));
      }
      if (match == Match::kNever) continue;
      if (rule.by_map) {
        const FirewallElement* element = FindElement(table, rule.conditions.back());
        if (element == nullptr) return Fate::kPasses;  // one of several; who knows which
        verdict = element->verdict;
        target = element->target;
      }
      switch (verdict) {
        case Verdict::kNone:
          break;
        case Verdict::kAccept:
          return Fate::kPasses;
        case Verdict::kDrop:
        case Verdict::kRewrite:
          if (match == Match::kAlways) return stopped();
          break;
        case Verdict::kReturn:
          if (match == Match::kAlways) return Fate::kContinues;
          may_leave = true;
          break;
        case Verdict::kJump:
        case Verdict::kGoto: {
          // The kernel lets no chain jump in a circle.
          const Fate fate = In(table, target);
          if (fate == Fate::kPasses) return fate;
          if (fate == Fate::kStopped && match == Match::kAlways) return stopped();
          if (verdict == Verdict::kGoto && fate == Fate::kContinues) {
            if (match == Match::kAlways) return fate;
            may_leave = true;
          }
          break;
        }
      }
    }
    return Fate::kContinues;
  }

 private:
  std::optional<Known> Of(FirewallField field) const {
    const bool routed = hook_ != FirewallHook::kPrerouting && hook_ != FirewallHook::kInput;
    switch (field) {
      case FirewallField::kOther:
        return std::nullopt;
      case FirewallField::kFamily:
        return All({static_cast<std::uint8_t>(packet_.ipv6 ? NFPROTO_IPV6 : NFPROTO_IPV4)});
      case FirewallField::kLayer4:
        return All({packet_.protocol});
      case FirewallField::kPacketType:
        return std::nullopt;  // links without MAC addresses do not tell it
      case FirewallField::kInput:
        return packet_.input ? std::optional(Name(packet_.input->name)) : std::nullopt;
      case FirewallField::kOutput:
        return packet_.output && routed ? std::optional(Name(packet_.output->name)) : std::nullopt;
      case FirewallField::kInputIndex:
        return packet_.input ? std::optional(Number(packet_.input->index)) : std::nullopt;
      case FirewallField::kOutputIndex:
        return packet_.output && routed ? std::optional(Number(packet_.output->index)) : std::nullopt;
      case FirewallField::kConnection:
        return Number(packet_.connection);
      case FirewallField::kProtocol4:
        return packet_.ipv6 ? std::nullopt : std::optional(All({packet_.protocol}));
      case FirewallField::kNextHeader6:
        return packet_.ipv6 ? std::optional(All({packet_.next_header})) : std::nullopt;
      case FirewallField::kSource4:
      case FirewallField::kSource6:
        if (packet_.ipv6 != (field == FirewallField::kSource6)) return std::nullopt;
        return Range(packet_.source);
      case FirewallField::kDestination4:
      case FirewallField::kDestination6:
        if (packet_.ipv6 != (field == FirewallField::kDestination6)) return std::nullopt;
        return Range(packet_.destination);
      case FirewallField::kTransport:
        return packet_.message ? std::optional(All({*packet_.message})) : std::nullopt;
    }
    return std::nullopt;
  }

  /// No rule that asks for an interface meets a packet that has none.
  bool Lacks(FirewallField field) const {
    const bool routed = hook_ != FirewallHook::kPrerouting && hook_ != FirewallHook::kInput;
    switch (field) {
      case FirewallField::kInput:
      case FirewallField::kInputIndex:
        return !packet_.input;
      case FirewallField::kOutput:
      case FirewallField::kOutputIndex:
        return !packet_.output || !routed;
      default:
        return false;
    }
  }

  static Match Equals(const FirewallCondition& condition, const Known& known) {
    Match match = Match::kAlways;
    for (std::size_t i = 0; i < condition.value.size(); ++i) {
      const unsigned mask = i < condition.mask.size() ? condition.mask[i] : 0xff;
      const unsigned flip = i < condition.flip.size() ? condition.flip[i] : 0;
      const unsigned wanted = condition.value[i] ^ flip;
      if ((wanted & ~mask & 0xff) != 0) return Match::kNever;  // bits that are masked out
      const unsigned sure = i < known.mask.size() ? known.mask[i] : 0;
      const unsigned octet = i < known.octets.size() ? known.octets[i] : 0;
      if (((octet ^ wanted) & mask & sure) != 0) return Match::kNever;
      if ((mask & ~sure & 0xff) != 0) match = Match::kMaybe;
    }
    return match;
  }

  const FirewallSet* FindSet(const std::string& table, const std::string& name) const {
    const auto found = firewall_.sets.find({table, name});
    return found == firewall_.sets.end() ? nullptr : &found->second;
  }

  Match IsIn(const FirewallSet& set, const FirewallCondition& condition, const Known& known,
             const FirewallElement** which) const {
    Match match = Match::kNever;
    FirewallCondition one = condition;
    for (const FirewallElement& element : set.elements) {
      if (element.key.size() != condition.length) return Match::kMaybe;
      one.value = element.key;
      const Match equal = Equals(one, known);
      if (equal == Match::kAlways && which != nullptr) *which = &element;
      match = std::max(match, equal);
    }
    return match;
  }

  Match Matches(const std::string& table, const FirewallCondition& condition) const {
    using Is = FirewallCondition::Is;
    if (condition.is == Is::kAlways) return Match::kAlways;
    if (condition.is == Is::kNever) return Match::kNever;
    if (Lacks(condition.field)) {
      const bool positive = condition.is == Is::kEqual || condition.is == Is::kIn;
      return positive ? Match::kNever : Match::kMaybe;  // kernels differ about the other
    }
    const std::optional<Known> known = Of(condition.field);
    if (condition.is == Is::kUnknown || !known) return Match::kMaybe;
    switch (condition.is) {
      case Is::kEqual:
        return Equals(condition, *known);
      case Is::kNotEqual:
        return Not(Equals(condition, *known));
      default: {
        const FirewallSet* set = FindSet(table, condition.set);
        if (set == nullptr || !set->exact) return Match::kMaybe;
        const Match in = IsIn(*set, condition, *known, nullptr);
        return condition.is == Is::kIn ? in : Not(in);
      }
    }
  }

  /// The element that meets the packet without doubt.
  const FirewallElement* FindElement(const std::string& table, const FirewallCondition& condition) const {
    const FirewallSet* set = FindSet(table, condition.set);
    const std::optional<Known> known = Of(condition.field);
    const FirewallElement* element = nullptr;
    if (set != nullptr && set->exact && known) IsIn(*set, condition, *known, &element);
    return element;
  }

  const Firewall& firewall_;
  FirewallHook hook_;
  const FirewallPacket& packet_;
};

bool HasFamily(const std::string& table, bool ipv6) {
  return table.starts_with("inet ") || table.starts_with(ipv6 ? "ip6 " : "ip ");
}

Octets Group6(std::uint8_t last) {
  Octets octets(16, 0);
  octets[0] = 0xff;
  octets[1] = 0x02;
  octets[15] = last;
  return octets;
}

constexpr std::uint32_t kNew = 1U << (IP_CT_NEW + 1);
constexpr std::uint32_t kUntracked = 1U << 6;  // NF_CT_STATE_UNTRACKED_BIT

}  // namespace

FirewallPacket StreamPacket(bool ipv6) {
  FirewallPacket packet;
  packet.ipv6 = ipv6;
  packet.protocol = packet.next_header = IPPROTO_UDP;
  packet.destination = ipv6 ? AddressRange{Group6(0), 8} : AddressRange{{0xe0, 0, 0, 0}, 4};
  packet.connection = kNew;
  return packet;
}

FirewallPacket QueryPacket(bool ipv6) {
  FirewallPacket packet;
  packet.ipv6 = ipv6;
  packet.protocol = IPPROTO_IGMP;
  if (ipv6) packet.protocol = IPPROTO_ICMPV6;
  packet.next_header = IPPROTO_HOPOPTS;  // Router Alert
  packet.message = ipv6 ? 130 : 0x11;
  packet.destination = ipv6 ? AddressRange{Group6(1), 128} : AddressRange{{224, 0, 0, 1}, 32};
  packet.connection = ipv6 ? kUntracked : kNew;
  if (ipv6) {  // link-local
    packet.source = {Octets(16, 0), 10};
    packet.source.octets[0] = 0xfe;
    packet.source.octets[1] = 0x80;
  }
  return packet;
}

FirewallPacket ReportPacket(bool ipv6) {
  FirewallPacket packet = QueryPacket(ipv6);
  packet.message = ipv6 ? 143 : 0x22;
  packet.destination.octets.back() = 22;  // 224.0.0.22, ff02::16
  if (ipv6) packet.destination.octets.back() = 0x16;
  return packet;
}

std::vector<std::string> ChainsThatDrop(const Firewall& firewall, FirewallHook hook,
                                        const FirewallPacket& packet) {
  const Walk walk(firewall, hook, packet);
  std::vector<std::string> chains;
  for (const FirewallChain& chain : firewall.chains) {
    if (chain.nat || chain.hook != hook || !HasFamily(chain.table, packet.ipv6)) continue;
    const Walk::Fate fate = walk.In(chain.table, chain.name);
    if (fate == Walk::Fate::kStopped || (fate == Walk::Fate::kContinues && chain.drops)) {
      chains.push_back(chain.table + " " + chain.name);
    }
  }
  return chains;
}

std::vector<std::string> ChainsThatRewrite(const Firewall& firewall, const FirewallPacket& packet) {
  const Walk walk(firewall, FirewallHook::kPostrouting, packet);
  std::vector<std::string> chains;
  for (const FirewallChain& chain : firewall.chains) {
    if (!chain.nat || chain.hook != FirewallHook::kPostrouting || !HasFamily(chain.table, packet.ipv6))
      continue;
    if (walk.In(chain.table, chain.name) == Walk::Fate::kStopped) {
      chains.push_back(chain.table + " " + chain.name);
    }
  }
  return chains;
}

}  // namespace bpfcast
