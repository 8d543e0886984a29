"""Small documents in the form that recruiting systems answer in, with words of our own.

The forms are those of public boards captured by michaeldinhmai/job-agent (tests/fixtures, MIT, August 2026), of
Greenhouse's documentation (grnhse/greenhouse-api-docs, Apache-2.0), of schema.org's JobPosting and of Indeed's feed.
"""

import json
from typing import Any

LEVER: list[dict[str, Any]] = [
    {
        "id": "7d6cc0b4-a5f9-4f02-8542-7fc1eb5749e2",
        "text": "客户经理",
        "country": "IN",
        "createdAt": 1785339866689,
        "categories": {
            "commitment": "Full Time",
            "department": "Sales",
            "location": "Bangalore, India - Remote",
            "team": "Sales",
            "allLocations": ["Bangalore, India - Remote", "Singapore"],
        },
        "description": "<div>开拓客户。</div>",
        "lists": [{"text": "要求", "content": "<li>三年经验</li>"}],
        "additional": "<div>欢迎加入。</div>",
        "workplaceType": "remote",
        "salaryRange": {"currency": "USD", "interval": "per-year-salary", "min": 60000, "max": 80000},
        "hostedUrl": "https://jobs.lever.co/yunshan/7d6cc0b4",
        "applyUrl": "https://jobs.lever.co/yunshan/7d6cc0b4/apply",
    }
]
WORKABLE: dict[str, Any] = {
    "name": "Yunshan",
    "jobs": [
        {
            "title": "客户经理 - 伦敦",
            "shortcode": "15F16B8D99",
            "code": "",
            "employment_type": "Part-time",
            "telecommuting": False,
            "url": "https://apply.workable.com/j/15F16B8D99",
            "application_url": "https://apply.workable.com/j/15F16B8D99/apply",
            "published_on": "2026-08-10",
            "country": "United Kingdom",
            "city": "London",
            "state": "England",
            "locations": [
                {
                    "country": "United Kingdom",
                    "countryCode": "GB",
                    "city": "London",
                    "region": "England",
                    "hidden": False,
                }
            ],
            "description": "<p>开拓英国市场。</p>",
        }
    ],
}
GREENHOUSE: dict[str, Any] = {
    "jobs": [
        {
            "absolute_url": "https://job-boards.greenhouse.io/yunshan/jobs/5378630008",
            "internal_job_id": 4526739008,
            "location": {"name": "Remote - United States"},
            "metadata": None,
            "id": 5378630008,
            "updated_at": "2026-08-10T15:24:00-04:00",
            "requisition_id": "1094",
            "title": "市场专员",
            "language": "en",
            "content": "&lt;div class=&quot;intro&quot;&gt;做市场&amp;nbsp;活动。&lt;/div&gt;",
            "pay_input_ranges": [
                {"min_cents": 5000000, "max_cents": 7500000, "currency_type": "USD", "title": "Base pay, per year"}
            ],
        }
    ]
}
RECRUITEE: dict[str, Any] = {
    "offers": [
        {
            "id": 2705729,
            "title": "办公室主任",
            "location": "Chicago, Illinois, United States",
            "city": "Chicago",
            "state_name": "Illinois",
            "country": "United States",
            "locations": [
                {"id": 1, "name": "Chicago", "state": "Illinois", "country": "United States", "city": "Chicago"}
            ],
            "on_site": True,
            "remote": False,
            "hybrid": False,
            "employment_type_code": "fulltime_permanent",
            "salary": {"max": "95000.00", "min": "75000.00", "period": "year", "currency": "USD"},
            "description": "<p>管理办公室。</p>",
            "requirements": "<ul><li>细心</li></ul>",
            "careers_apply_url": "https://yunshan.recruitee.com/o/office/c/new",
            "status": "published",
            "updated_at": "2026-08-10 19:18:44 UTC",
        }
    ]
}
COMEET: list[dict[str, Any]] = [
    {
        "name": "驻场工程师",
        "uid": "18.767",
        "employment_type": None,
        "location": {"name": "New York", "country": "US", "city": "New York", "state": "NY", "is_remote": False},
        "time_updated": "2026-08-12T02:36:49Z",
        "is_internal": False,
        "workplace_type": "On-site",
        "url_active_page": "https://www.yunshan.example/positions/18_767",
        "details": [
            {"name": "Description", "value": "<p>到客户处工作。</p>", "order": 1},
            {"name": "Responsibilities", "value": None, "order": 2},
        ],
    }
]
SMARTRECRUITERS_PAGE: dict[str, Any] = {
    "totalFound": 2,
    "offset": 0,
    "limit": 1,
    "content": [
        {"id": "743999706414750", "name": "定价分析师", "ref": "{host}/v1/companies/yunshan/postings/743999706414750"}
    ],
}
SMARTRECRUITERS_POSTING: dict[str, Any] = {
    "id": "743999706414750",
    "name": "定价分析师",
    "refNumber": "REF43N",
    "releasedDate": "2020-02-06T19:42:44.000Z",
    "location": {
        "city": "San Jose",
        "region": "CA",
        "country": "us",
        "remote": False,
        "hybrid": True,
        "fullLocation": "San Jose, CA, United States",
    },
    "typeOfEmployment": {"id": "permanent", "label": "Full-time"},
    "language": {"code": "en", "label": "English"},
    "visibility": "PUBLIC",
    "applyUrl": "https://jobs.smartrecruiters.com/yunshan/743999706414750?oga=true",
    "jobAd": {
        "sections": {
            "companyDescription": {"title": "Company Description", "text": "<p>我们做自动化。</p>"},
            "jobDescription": {"title": "Job Description", "text": "<p>分析价格。</p>"},
            "qualifications": {"title": "Qualifications", "text": ""},
        }
    },
}
INDEED = """<?xml version="1.0" encoding="utf-8"?>
<source>
  <publisher>Yunshan</publisher>
  <job>
    <title><![CDATA[数据分析师]]></title>
    <date><![CDATA[Mon, 10 Aug 2026 22:49:39 GMT]]></date>
    <referencenumber><![CDATA[REQ-88]]></referencenumber>
    <url><![CDATA[https://yunshan.example/jobs/88]]></url>
    <company><![CDATA[云杉]]></company>
    <city><![CDATA[杭州]]></city>
    <state><![CDATA[浙江]]></state>
    <country><![CDATA[CN]]></country>
    <description><![CDATA[<p>分析数据 & 报表。</p>]]></description>
    <salary><![CDATA[20k-30k/月]]></salary>
    <jobtype><![CDATA[实习]]></jobtype>
    <remotetype><![CDATA[Hybrid remote]]></remotetype>
  </job>
</source>
"""
POSTING_JSON_LD: dict[str, Any] = {
    "@context": "https://schema.org/",
    "@type": "JobPosting",
    "title": "前端工程师",
    "description": "<p>写界面。</p>",
    "identifier": {"@type": "PropertyValue", "name": "云杉", "value": "FE-1"},
    "datePosted": "2026-11-01",
    "dateModified": "2026-11-02T08:00:00+08:00",
    "validThrough": "2099-03-31T23:59",
    "employmentType": ["CONTRACTOR", "FULL_TIME"],
    "hiringOrganization": {"@type": "Organization", "name": "云杉"},
    "jobLocation": {
        "@type": "Place",
        "address": {
            "@type": "PostalAddress",
            "addressLocality": "上海",
            "addressRegion": "上海",
            "addressCountry": {"@type": "Country", "name": "CN"},
        },
    },
    "jobLocationType": "TELECOMMUTE",
    "totalJobOpenings": "3",
    "skills": "TypeScript，CSS",
    "baseSalary": {
        "@type": "MonetaryAmount",
        "currency": "CNY",
        "value": {"@type": "QuantitativeValue", "minValue": 20000, "maxValue": 30000, "unitText": "MONTH"},
    },
    "url": "/jobs/fe-1",
}


def page(*postings: dict[str, Any]) -> bytes:
    """A web page that holds postings, beside a block that is broken."""
    blocks = "".join(
        f'<script type="application/ld+json">{json.dumps(one, ensure_ascii=False)}</script>' for one in postings
    )
    head = '<script>var x = "<script";</script><script type="application/ld+json">{broken</script>'
    return f"<!doctype html><html><head><title>招聘</title>{head}{blocks}</head><body>…</body></html>".encode()
