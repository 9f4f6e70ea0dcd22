// MrouteSocket: the socket by which a program owns the kernel's multicast routing of a family.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datapath/bpf_fd.h"
#include "datapath/mroute_kernel.h"

namespace bpfcast {

/// One program of a network namespace can have it. Its end, by destruction or by the death of the process, is
/// the end of every interface and entry: the kernel leaves nothing behind.
template <class F>
class MrouteSocket : public MrouteKernel<F> {
 public:
  /// In the network namespace of the calling thread. On failure nothing was changed; the error names the
  /// program that has the kernel's multicast routing.
  static Result<std::unique_ptr<MrouteSocket>> Open();

  Result<void> AddVif(Vif vif, std::uint32_t ifindex) override;
  void RemoveVif(Vif vif) override;
  Result<void> SetEntry(const MrouteEntry<F>& entry) override;
  void RemoveEntry(const RouteKey<F>& stream) override;
  std::optional<VifCount> CountOfVif(Vif vif) override;
  std::optional<MrouteEntryCount> CountOf(const RouteKey<F>& stream) override;
  std::vector<Upcall<F>> TakeUpcalls() override;
  int fd() const override { return socket_.get(); }

 private:
  explicit MrouteSocket(BpfFd socket) : socket_(std::move(socket)) {}

  BpfFd socket_;
};

extern template class MrouteSocket<Igmp>;
extern template class MrouteSocket<Mld>;

}  // namespace bpfcast
