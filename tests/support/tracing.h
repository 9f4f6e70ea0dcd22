// Does the running kernel let BPF programs look into others? Some are built without, or refuse it.
#pragma once

namespace bpfcast::test {

/// Asked with a program of two instructions, by the kernel's own type information.
bool KernelTracesPrograms();

}  // namespace bpfcast::test
