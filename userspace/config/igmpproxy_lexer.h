// The words of an igmpproxy.conf. Lines mean nothing to it: words are separated by white space, and '#'
// begins a comment that ends with the line.
#pragma once

#include <string_view>
#include <vector>

#include "config/notes.h"

namespace bpfcast {

struct ConfigWord {
  std::string_view text;
  TextPosition at;
};

/// `text` outlives the words. A NUL byte is a problem in `notes`, and the words end there.
std::vector<ConfigWord> IgmpproxyWords(std::string_view text, ConfigNotes& notes);

}  // namespace bpfcast
