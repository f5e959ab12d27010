"""Payroll on a calendar: what a person's jobs have paid by a given day, in the shapes of Truv's reports.

Everything is a pure function of (person, job, since, as of, variation, id function): no clock, no chance, no files.
Advance the date by two weeks and a fortnightly job has exactly one more statement; the older ones never change.
"""

from mock_truv.core.payroll.calendar import count_statements, pay_dates
from mock_truv.core.payroll.documents import IdOf
from mock_truv.core.payroll.loading import FixtureError, load_people, person_for_login
from mock_truv.core.payroll.people import Job, Person
from mock_truv.core.payroll.report import PROFILE_FIELDS, employment, jobs_known, start_date_shown
from mock_truv.core.payroll.shifts import count_shifts, shift_entries
from mock_truv.core.payroll.statements import Line, Statement, nonemployee_pay, statements, tax_year
from mock_truv.core.payroll.tax_documents import tax_documents, total_income

__all__ = [
    "PROFILE_FIELDS",
    "FixtureError",
    "IdOf",
    "Job",
    "Line",
    "Person",
    "Statement",
    "count_shifts",
    "count_statements",
    "employment",
    "jobs_known",
    "load_people",
    "nonemployee_pay",
    "pay_dates",
    "person_for_login",
    "shift_entries",
    "start_date_shown",
    "statements",
    "tax_documents",
    "tax_year",
    "total_income",
]
