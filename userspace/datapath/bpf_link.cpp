#include "datapath/bpf_link.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include <cerrno>
#include <cstring>

namespace bpfcast {
namespace {

// Not in the headers of Linux 6.1.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);

// Who holds the only XDP slot of the interface.
std::string ForeignXdp(std::uint32_t ifindex) {
  bpf_xdp_query_opts query{};
  query.sz = sizeof query;
  if (bpf_xdp_query(static_cast<int>(ifindex), 0, &query) != 0 || query.prog_id == 0) {
    return "another XDP program is attached";
  }
  std::string text = "XDP program " + std::to_string(query.prog_id);
  const BpfFd program(bpf_prog_get_fd_by_id(query.prog_id));  // needs CAP_SYS_ADMIN
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  if (program && bpf_obj_get_info_by_fd(program.get(), &info, &size) == 0) {
    text += std::string(" (") + info.name + ")";
  }
  return text + " of somebody else is attached";
}

// 0 when its interface is gone.
std::uint32_t InterfaceOf(int link) {
  bpf_link_info info{};
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(link, &info, &size) != 0) return 0;
  return info.xdp.ifindex;  // first of its kind's members, as it is of a TCX link
}

std::string XdpPin(std::uint32_t ifindex) {
  return std::string(kLinkPinPrefix) + "xdp_" + std::to_string(ifindex);
}
std::string TcxPin(std::uint32_t ifindex) {
  return std::string(kLinkPinPrefix) + "tc_" + std::to_string(ifindex);
}

}  // namespace

/// An empty link when there is none to take over; its pin is gone then.
BpfLink BpfLink::TakeOver(int program, std::uint32_t ifindex, const std::string& pin, const BpfPins& pins) {
  BpfLink link;
  BpfFd fd = pins.Find(pin);
  if (!fd) return link;
  if (InterfaceOf(fd.get()) != ifindex || bpf_link_update(fd.get(), program, nullptr) != 0) {
    bpf_link_detach(fd.get());
    pins.Unpin(pin);
    return link;
  }
  if (pins.links() == Survival::kEndsWithAgent) pins.Unpin(pin);
  link.fd_ = std::move(fd);
  link.pins_ = &pins;
  link.pin_ = pin;
  return link;
}

Result<BpfLink> BpfLink::AttachXdp(int program, std::uint32_t ifindex, const BpfPins& pins) {
  if (BpfLink link = TakeOver(program, ifindex, XdpPin(ifindex), pins)) return link;
  bpf_link_create_opts options{};
  options.sz = sizeof options;
  options.flags = XDP_FLAGS_DRV_MODE;
  const int fd = bpf_link_create(program, static_cast<int>(ifindex), BPF_XDP, &options);
  if (fd < 0) return Fail(fd == -EBUSY || fd == -EEXIST ? ForeignXdp(ifindex) : std::strerror(-fd));
  return Keep(BpfFd(fd), XdpPin(ifindex), pins);
}

bool BpfLink::HasXdp(std::uint32_t ifindex) {
  bpf_xdp_query_opts query{};
  query.sz = sizeof query;
  return bpf_xdp_query(static_cast<int>(ifindex), 0, &query) == 0 && query.prog_id != 0;
}

Result<BpfLink> BpfLink::AttachTcx(int program, std::uint32_t ifindex, const BpfPins& pins) {
  if (BpfLink link = TakeOver(program, ifindex, TcxPin(ifindex), pins)) return link;
  const int fd = bpf_link_create(program, static_cast<int>(ifindex), kTcxIngress, nullptr);
  if (fd < 0) return Fail(std::string("attach a TCX link: ") + std::strerror(-fd));
  return Keep(BpfFd(fd), TcxPin(ifindex), pins);
}

Result<BpfLink> BpfLink::AttachTracing(int program, const std::string& name, const BpfPins& pins) {
  const std::string pin = std::string(kLinkPinPrefix) + name;
  pins.Unpin(pin);  // the kernel cannot give such a link another program
  const int fd = bpf_raw_tracepoint_open(nullptr, program);
  if (fd < 0) return Fail(std::string("attach to a trace point: ") + std::strerror(-fd));
  return Keep(BpfFd(fd), pin, pins);
}

bool BpfLink::IsAttached() const {
  return fd_ && InterfaceOf(fd_.get()) != 0;
}

Result<BpfLink> BpfLink::Keep(BpfFd fd, std::string pin, const BpfPins& pins) {
  if (Result<void> pinned = pins.PinLink(fd.get(), pin); !pinned) {
    bpf_link_detach(fd.get());
    return tl::unexpected(pinned.error());
  }
  BpfLink link;
  link.fd_ = std::move(fd);
  link.pins_ = &pins;
  link.pin_ = std::move(pin);
  return link;
}

BpfLink::~BpfLink() {
  if (!fd_) return;
  pins_->Unpin(pin_);
  bpf_link_detach(fd_.get());
}

}  // namespace bpfcast
