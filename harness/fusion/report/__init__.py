"""Reports: one page on a saved model, with its scores, plots and mistakes."""
