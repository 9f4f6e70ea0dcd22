// Progress: one line on a terminal's stderr that is written over, ten times a second at most. Nowhere else.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace bpfcast {

class Progress {
 public:
  Progress();
  /// Wipes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const std::function<std::string()>& text);

 private:
  bool on_;
  bool written_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace bpfcast
