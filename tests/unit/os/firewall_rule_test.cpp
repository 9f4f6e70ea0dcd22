// Matches of iptables, which nftables hands on as they are: a build machine need not have iptables.
#include "os/firewall_rule.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_state.h>

#include <array>
#include <functional>

#include "os/firewall_walk.h"

namespace bpfcast {
namespace {

constexpr std::uint16_t kNew = 1 << 3;
constexpr std::uint16_t kEstablished = 1 << 1;

/// `iptables -A FORWARD -m NAME ... -j ACCEPT`, as the kernel tells of it.
class Message {
 public:
  template <class Info>
  Message(const char* match, std::uint32_t revision, const Info& info) {
    nlmsghdr* message = mnl_nlmsg_put_header(buffer_.data());
    message->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE;
    auto* header = static_cast<nfgenmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(nfgenmsg)));
    header->nfgen_family = NFPROTO_IPV4;
    mnl_attr_put_strz(message, NFTA_RULE_TABLE, "filter");
    mnl_attr_put_strz(message, NFTA_RULE_CHAIN, "FORWARD");
    nlattr* expressions = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
    Expression(message, "match", [&] {
      mnl_attr_put_strz(message, NFTA_MATCH_NAME, match);
      mnl_attr_put_u32(message, NFTA_MATCH_REV, htonl(revision));
      mnl_attr_put(message, NFTA_MATCH_INFO, sizeof info, &info);
    });
    Expression(message, "immediate", [&] {
      nlattr* data = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
      nlattr* verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
      mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(NF_ACCEPT));
      mnl_attr_nest_end(message, verdict);
      mnl_attr_nest_end(message, data);
    });
    mnl_attr_nest_end(message, expressions);
  }

  /// Does a stream pass a chain that drops everything else?
  bool Passes() const {
    Firewall firewall;
    firewall.chains = {{"ip filter", "FORWARD", FirewallHook::kForward, false, true}};
    firewall.rules = {ReadRule(reinterpret_cast<const nlmsghdr*>(buffer_.data()))};
    return ChainsThatDrop(firewall, FirewallHook::kForward, StreamPacket(false)).empty();
  }

 private:
  static void Expression(nlmsghdr* message, const char* name, const std::function<void()>& data) {
    nlattr* element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
    mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
    nlattr* nest = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
    data();
    mnl_attr_nest_end(message, nest);
    mnl_attr_nest_end(message, element);
  }

  alignas(nlmsghdr) std::array<char, 2048> buffer_{};
};

xt_conntrack_mtinfo3 State(std::uint16_t states) {
  xt_conntrack_mtinfo3 info{};
  info.match_flags = XT_CONNTRACK_STATE;
  info.state_mask = states;
  return info;
}

TEST(FirewallRule, ConntrackOfIptablesAsksForTheState) {
  EXPECT_TRUE(Message("conntrack", 3, State(kNew)).Passes());
  EXPECT_TRUE(Message("conntrack", 3, State(kNew | kEstablished)).Passes());
  EXPECT_FALSE(Message("conntrack", 3, State(kEstablished)).Passes());
  xt_conntrack_mtinfo3 inverted = State(kEstablished);
  inverted.invert_flags = XT_CONNTRACK_STATE;
  EXPECT_TRUE(Message("conntrack", 3, inverted).Passes());
  inverted.state_mask = kNew;
  EXPECT_FALSE(Message("conntrack", 3, inverted).Passes());
  xt_conntrack_mtinfo3 more = State(kEstablished);
  more.match_flags |= XT_CONNTRACK_DIRECTION;
  EXPECT_TRUE(Message("conntrack", 3, more).Passes()) << "of what nobody knows it is not said that it drops";
}

TEST(FirewallRule, StateOfIptablesAsksForTheState) {
  EXPECT_TRUE(Message("state", 0, xt_state_info{kNew}).Passes());
  EXPECT_FALSE(Message("state", 0, xt_state_info{kEstablished}).Passes());
}

TEST(FirewallRule, AMatchThatNobodyKnowsMayBeMet) {
  EXPECT_TRUE(Message("addrtype", 1, std::array<char, 8>{}).Passes());
  EXPECT_TRUE(Message("comment", 0, std::array<char, 256>{}).Passes());
}

}  // namespace
}  // namespace bpfcast
