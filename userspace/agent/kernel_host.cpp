#include "agent/kernel_host.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "agent/family_words.h"
#include "log/log.h"

namespace bpfcast {

template <class F>
void KernelHost<F>::Attach(const Proxy<F>& proxy, std::uint32_t ifindex, const std::string& name) {
  if (membership_ && membership_->ifindex() == ifindex) return;
  Detach();
  membership_.emplace(ifindex, name);
  name_ = name;
  TellAll(proxy);
}

template <class F>
void KernelHost<F>::Detach() {
  membership_.reset();
  failed_.clear();
  warned_of_widened_ = 0;
}

template <class F>
void KernelHost<F>::Tell(const Proxy<F>& proxy, const std::vector<Address>& groups) {
  for (const Address& group : groups) Tell(proxy, group);
  if (membership_) WarnOfWidened();
}

template <class F>
void KernelHost<F>::Retry(const Proxy<F>& proxy) {
  if (!membership_) return;
  if (membership_->RefreshLimits()) return TellAll(proxy);
  for (const Address& group : std::set<Address>(failed_)) Tell(proxy, group);
}

template <class F>
std::size_t KernelHost<F>::Users(std::uint32_t ifindex, const Address& group) const {
  return membership_ && membership_->ifindex() == ifindex ? membership_->Users(group) : 0;
}

template <class F>
void KernelHost<F>::TellAll(const Proxy<F>& proxy) {
  if (!membership_) return;
  for (const auto& [group, state] : proxy.database().groups()) Tell(proxy, group);
  WarnOfWidened();
}

template <class F>
void KernelHost<F>::Tell(const Proxy<F>& proxy, const Address& group) {
  if (!membership_) return;
  const auto done = membership_->Set(group, proxy.host().Told(group));
  if (done) {
    failed_.erase(group);
    return;
  }
  // Once until all is well again: what the network asks for must not fill the log.
  if (failed_.empty())
    Log(FamilyWords<F>::kSubsystem).error("{}; it is tried again every 10 s", done.error().message);
  failed_.insert(group);
}

/// D-31. Only EXCLUDE lists are ever cut.
template <class F>
void KernelHost<F>::WarnOfWidened() {
  const std::set<Address>& widened = membership_->widened();
  if (widened.size() <= 2 * warned_of_widened_) return;  // what the network asks for must not fill the log
  warned_of_widened_ = widened.size();
  Log(FamilyWords<F>::kSubsystem)
      .warn(
          "{}: more sources are excluded of {} than {} = {} lets the kernel exclude: the others arrive from "
          "the "
          "upstream and are not forwarded ({} such groups); raise it, or let bpfcastd send the reports "
          "itself",
          name_, widened.begin()->ToString(), KernelMembership<F>::SourceLimitName(),
          membership_->limits().sources_per_filter, widened.size());
}

template class KernelHost<Igmp>;
template class KernelHost<Mld>;

}  // namespace bpfcast
