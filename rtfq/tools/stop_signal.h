// Stopping a run politely.
#ifndef RTFQ_TOOLS_STOP_SIGNAL_H_
#define RTFQ_TOOLS_STOP_SIGNAL_H_

namespace rtfq {

// From now on the first SIGINT or SIGTERM says so on stderr and makes
// StopRequested() true; the second ends the process as it always does. SIGPIPE
// is ignored: a reader that went away must not end training. SIGXFSZ too: a
// file that may not grow is an error of writing.
void HandleStopSignals();

bool StopRequested();

}  // namespace rtfq

#endif  // RTFQ_TOOLS_STOP_SIGNAL_H_
