"""Files of pickled arrays and tensors, read as data: nothing that they name is imported or called."""
