#include "os/link_monitor.h"

#include <linux/rtnetlink.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <utility>

#include "log/log.h"
#include "os/link_table.h"
#include "os/netlink.h"

namespace bpfcast {

struct LinkMonitor::Impl {
  Netlink events;
  Netlink requests;
  LinkTable table;
  EventLoop::Handler on_change;
  FdWatch watch;
  bool stale = false;  // events were lost, and the table could not be read anew

  Result<void> Reload() {
    LinkTable fresh;
    const auto apply = [&](const nlmsghdr* message) { fresh.Apply(message); };
    if (const auto links = requests.Dump(RTM_GETLINK, AF_UNSPEC, apply); !links) return links;
    for (const unsigned char family : {AF_INET, AF_INET6}) {
      if (const auto addresses = requests.Dump(RTM_GETADDR, family, apply); !addresses) return addresses;
    }
    table = std::move(fresh);
    return {};
  }

  void OnEvents() {
    const auto events_read = events.ReadEvents([&](const nlmsghdr* message) { table.Apply(message); });
    if (events_read == Netlink::Events::kLost) ReloadOrRemember();
    on_change();
  }

  void ReloadOrRemember() {
    const auto reloaded = Reload();
    stale = !reloaded;
    if (!reloaded) Log(Subsystem::kLinks).error("{}", reloaded.error().message);
  }
};

LinkMonitor::LinkMonitor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LinkMonitor::~LinkMonitor() = default;

Result<std::unique_ptr<LinkMonitor>> LinkMonitor::Open(EventLoop& loop, EventLoop::Handler on_change) {
  // Subscribed before the dump, so that nothing falls between the two.
  auto events = Netlink::Open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR);
  if (!events) return tl::unexpected(events.error());
  auto requests = Netlink::Open(0);
  if (!requests) return tl::unexpected(requests.error());

  auto impl = std::make_unique<Impl>(
      Impl{std::move(*events), std::move(*requests), {}, std::move(on_change), {}, false});
  if (const auto loaded = impl->Reload(); !loaded) return tl::unexpected(loaded.error());
  impl->watch = FdWatch(loop, impl->events.fd());
  impl->watch.OnReadable([raw = impl.get()] { raw->OnEvents(); });
  return std::unique_ptr<LinkMonitor>(new LinkMonitor(std::move(impl)));
}

void LinkMonitor::RetryReload() {
  if (impl_->stale) impl_->ReloadOrRemember();
}

const Link* LinkMonitor::Find(std::string_view name) const {
  return impl_->table.Find(name);
}

std::vector<const Link*> LinkMonitor::All() const {
  return impl_->table.All();
}

}  // namespace bpfcast
