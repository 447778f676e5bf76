// Stopping a run politely.
#ifndef RTFQ_TOOLS_STOP_SIGNAL_H_
#define RTFQ_TOOLS_STOP_SIGNAL_H_

#include <csignal>

namespace rtfq {

// While this lives, the first SIGINT or SIGTERM says so on stderr and makes
// StopRequested() true for good; the second ends the process as it always does.
// One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct sigaction interrupt_before_;
  struct sigaction terminate_before_;
};

bool StopRequested();

// A file that may not grow (SIGXFSZ) and a reader that went away (SIGPIPE) are
// from now on errors of writing, not the end of the process.
void IgnoreWriteSignals();

}  // namespace rtfq

#endif  // RTFQ_TOOLS_STOP_SIGNAL_H_
