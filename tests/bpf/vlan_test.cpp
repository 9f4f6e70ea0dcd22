// F-24 where tags really are: in the frame for XDP, in the skb's metadata for TC, whose hook comes after the
// kernel took the tag out of the frame.
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "bpf/links.h"
#include "datapath/bpf_fd.h"

namespace bpfcast::bpftest {
namespace {

constexpr std::uint16_t kVid = 100;

// What arrives on an interface. For ETH_P_ALL in front of TC, with the VLAN id in its metadata as TC finds
// it; for one protocol behind TC, as what the stack gets.
class Stack {
 public:
  Stack(const std::string& interface, std::uint16_t protocol)
      : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(protocol))) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(protocol);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    const int on = 1;
    EXPECT_EQ(::setsockopt(fd_.get(), SOL_PACKET, PACKET_AUXDATA, &on, sizeof on), 0);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }

  struct Frame {
    std::uint16_t vid = 0;
    unsigned char kind = 0;  // PACKET_MULTICAST, ...
    Bytes octets;
  };
  std::optional<Frame> Receive() const {
    pollfd poll{fd_.get(), POLLIN, 0};
    while (::poll(&poll, 1, 1000) == 1) {
      Frame frame{0, 0, Bytes(2000)};
      alignas(cmsghdr) char control[256];
      sockaddr_ll from{};
      iovec vector{frame.octets.data(), frame.octets.size()};
      msghdr message{};
      message.msg_name = &from;
      message.msg_namelen = sizeof from;
      message.msg_iov = &vector;
      message.msg_iovlen = 1;
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      const ssize_t size = ::recvmsg(fd_.get(), &message, 0);
      if (size < 0 || from.sll_pkttype == PACKET_OUTGOING) continue;
      frame.octets.resize(static_cast<std::size_t>(size));
      frame.kind = from.sll_pkttype;
      for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
        tpacket_auxdata data;
        std::memcpy(&data, CMSG_DATA(c), sizeof data);
        if ((data.tp_status & TP_STATUS_VLAN_VALID) != 0) frame.vid = data.tp_vlan_tci & 0x0fff;
      }
      return frame;
    }
    return std::nullopt;
  }

 private:
  BpfFd fd_;
};

// On its way out of an interface every packet gets a tag, in its metadata as from a VLAN interface.
class Tagging {
 public:
  explicit Tagging(const std::string& interface) {
    const bpf_insn program[] = {
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 0x0081},  // 0x8100 in network order
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, kVid},
        {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_vlan_push},
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    };
    program_ =
        BpfFd(::bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "tag", "GPL", program, std::size(program), nullptr));
    EXPECT_TRUE(program_) << std::strerror(errno);
    constexpr std::uint32_t kTcxEgress = 47;  // since Linux 6.6
    bpf_attr attributes{};
    attributes.link_create.prog_fd = static_cast<std::uint32_t>(program_.get());
    attributes.link_create.target_fd = ::if_nametoindex(interface.c_str());
    attributes.link_create.attach_type = kTcxEgress;
    link_ = BpfFd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
    EXPECT_TRUE(link_) << std::strerror(errno);
  }

 private:
  BpfFd program_;
  BpfFd link_;
};

template <class Case>
class Vlan : public OnLinks<Case> {
 protected:
  // Counted, passed, replicated nowhere. `octets`: of the frame without its tag.
  void ExpectPassed(const Bytes& sent, const Bytes& octets) {
    const std::string interface = this->lab_.port(kU).name;
    const Stack at_tc(interface, ETH_P_ALL);
    const Stack stack(interface, Vlan::Address::kBytes == 4 ? ETH_P_IP : ETH_P_IPV6);
    const std::uint64_t counted = this->lab_.Counter("vlan");
    const std::uint64_t verdicts = this->lab_.Verdicts();
    this->Expect(sent, kU, {});
    EXPECT_EQ(this->lab_.Counter("vlan"), counted + 1);
    EXPECT_EQ(this->lab_.Verdicts(), verdicts + 1);
    const auto seen = at_tc.Receive();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->vid, kVid) << "this test is about a tag in the metadata";
    EXPECT_EQ(Hex(seen->octets), Hex(octets));
    const auto passed = stack.Receive();
    ASSERT_TRUE(passed);
    EXPECT_EQ(passed->kind, PACKET_OTHERHOST) << "the kernel knows that it is of a VLAN";
    EXPECT_EQ(Hex(passed->octets), Hex(octets));
  }
};
TYPED_TEST_SUITE(Vlan, EveryCase, CaseName);

TYPED_TEST(Vlan, TF_25_ATagInTheFrameIsPassedAndCounted) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  auto frame = this->Stream();
  const Bytes untagged = frame.Build();
  frame.tags = {0x81, 0, 0, kVid};
  this->ExpectPassed(frame.Build(), untagged);  // the kernel moves the tag into the metadata in front of TC
}

template <class Case>
class VlanInMetadata : public Vlan<Case> {};
using TcCases = testing::Types<On<Igmp, Hook::kTc>, On<Mld, Hook::kTc>>;
TYPED_TEST_SUITE(VlanInMetadata, TcCases, CaseName);

TYPED_TEST(VlanInMetadata, TF_25_ATagThatTheSenderLeftToHardwareIsPassedAndCounted) {
  this->lab_.Route(this->any_, this->group_, {kD1, kD2});
  const Bytes untagged = this->Stream().Build();
  {
    const Tagging tagging(this->lab_.port(kU).name + "-far");
    this->ExpectPassed(untagged, untagged);
  }
  this->Expect(untagged, kU, {kD1, kD2});
}

}  // namespace
}  // namespace bpfcast::bpftest
