#include "datapath/route_array.h"

#include <atomic>

namespace bpfcast {

void StoreWord(__u64& where, std::uint64_t word) {
  std::atomic_ref<__u64>(where).store(word, std::memory_order_release);
}

Result<std::uint32_t> RouteArray::Take() {
  std::uint32_t index = next_;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (next_ < object_.routes.size()) {
    ++next_;
  } else {
    return Fail("the table of " + std::to_string(object_.routes.size()) +
                " routes is full (BPFCAST_MAX_ROUTES)");
  }
  return index;
}

Result<void> RouteArray::SetDefault(const PortSet& upstreams) {
  const auto oil = oils_.Acquire(upstreams);
  StoreWord(object_.routes[BPFCAST_DEFAULT_ROUTE].from_downstream, oil ? (*oil)->word : 0);
  if (default_ != nullptr) oils_.Release(default_);
  default_ = oil ? *oil : nullptr;
  if (!oil) return tl::unexpected(oil.error());
  return {};
}

void RouteArray::Refresh() {
  if (default_ != nullptr) {
    StoreWord(object_.routes[BPFCAST_DEFAULT_ROUTE].from_downstream, default_->word);
  }
}

void RouteArray::Tick(Time now) {
  resting_.Tick(now, [this](std::uint32_t index) { free_.push_back(index); });
}

}  // namespace bpfcast
