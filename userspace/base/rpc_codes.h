// The error codes of the control socket, for both of its ends.
#pragma once

namespace bpfcast {

inline constexpr int kRpcInvalidRequest = -32600;
inline constexpr int kRpcBusy = -32000;
inline constexpr int kRpcFailed = -32001;
inline constexpr int kRpcUnusableFile = -32002;  // the configuration

}  // namespace bpfcast
