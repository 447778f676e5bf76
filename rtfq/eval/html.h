// Text in HTML and SVG.
#ifndef RTFQ_EVAL_HTML_H_
#define RTFQ_EVAL_HTML_H_

#include <string>
#include <string_view>

namespace rtfq {

// `text` as character data or inside a quoted attribute: & < > " ' as
// references; control characters, which no HTML may hold, as U+FFFD. Class
// names and paths come from outside, so everything that is not ours goes
// through here.
std::string EscapeHtml(std::string_view text);

}  // namespace rtfq

#endif  // RTFQ_EVAL_HTML_H_
