#include "rtfq/eval/html.h"

namespace rtfq {

std::string EscapeHtml(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default: {
        const unsigned char byte = static_cast<unsigned char>(c);
        const bool control =
            (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7f;
        if (control) {
          html += "\xEF\xBF\xBD";
        } else {
          html += c;
        }
      }
    }
  }
  return html;
}

}  // namespace rtfq
