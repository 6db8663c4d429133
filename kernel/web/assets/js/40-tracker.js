// The comfort of working through tasks: selection, editing in place, drag and drop, mentions, pasted images.
